import { ConvexError } from "convex/values";

const SERVICE = "https://llm.example.com/v1/chat/completions";

// Asks the language model. Only actions can: queries and mutations have no `fetch`.
export async function complete(prompt: string): Promise<string> {
  const response = await fetch(SERVICE, {
    method: "POST",
    headers: {
      "Authorization": `Bearer ${process.env.LLM_API_KEY}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ model: "small", messages: [{ role: "user", content: prompt }] }),
  });
  if (!response.ok) {
    throw new ConvexError({ code: "MODEL_UNAVAILABLE", status: response.status });
  }
  const completion = await response.json();
  return completion.choices[0].message.content;
}
