// A field that searches as one types.
import { h } from "./dom.js";

const AFTER_LAST_KEY_MS = 500;

/** The field; `search(words)` is called soon after the last key, or at once on Enter, if the words have changed. */
export function searchInput(value, search, attributes = {}) {
	let [words, timer] = [value, null];
	const input = h("input", { type: "search", maxlength: 100, autocomplete: "off", value, ...attributes,
		oninput: () => { clearTimeout(timer); timer = setTimeout(look, AFTER_LAST_KEY_MS); },
		onkeydown: ({ key }) => { if (key === "Enter") look(); } });
	function look() {
		clearTimeout(timer);
		const typed = input.value.trim();
		if (typed === words || !input.isConnected) return;
		words = typed;
		search(typed);
	}
	return input;
}
