// Turns on international calling for all lines, in place.
import { ask } from "./api.js";
import { failure, fill, h, say } from "./dom.js";
import { translator } from "./words.js";
import billing from "messages/billing";

const t = translator(billing);

/** The button; afterwards, the view loads the account again. */
export function switchOnButton() {
	const alert = h("div", { role: "alert" });
	const button = h("button.main", { onclick: switchOn }, t("turnOnLines"));
	return h("div", button, alert);

	async function switchOn() {
		button.disabled = true;
		fill(alert);
		try {
			let cursor = null;
			do ({ next_cursor: cursor } = await ask("PUT", "/lines", { body: { international_calling: true, ...(cursor && { cursor }) } }));
			while (cursor);
			say(t("linesOn"));
			document.dispatchEvent(new Event("account-changed"));
		} catch (problem) {
			button.disabled = false;
			fill(alert, failure(problem));
		}
	}
}
