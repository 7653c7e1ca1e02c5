const TEMPLATES = {
  welcome: { subject: "Welcome, {name}", text: "Hello {name}, it is good to have you." },
  passwordReset: { subject: "Your password", text: "Hello {name}, choose a new one: {link}" },
  notification: { subject: "{title}", text: "{name}, {body}" },
};

export type Template = keyof typeof TEMPLATES;

// Puts values in the place of `{name}`; one that isn't given leaves nothing.
function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

export function render(template: Template, values: Record<string, string>): { subject: string; text: string } {
  const { subject, text } = TEMPLATES[template];
  return { subject: fill(subject, values), text: fill(text, values) };
}
