// The names of call categories.
import { translator } from "./words.js";
import messages from "messages/categories";

const t = translator(messages);
const KNOWN = ["outbound_international_call", "outbound_premium_call", "outbound_short_code_call"];

/** The name of a category; of an unknown one, its code in words. */
export function categoryName(code) {
	return KNOWN.includes(code) ? t(`category_${code}`) : code.replace(/_/g, " ").replace(/\b./g, (letter) => letter.toUpperCase());
}
