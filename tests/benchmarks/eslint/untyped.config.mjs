import { config } from "./rules.mjs";

export default config({ types: false });
