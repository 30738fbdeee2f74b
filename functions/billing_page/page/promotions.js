// The promotion code below the form that adds funds.
import { ask } from "./api.js";
import { failure, field, fill, h, note, say } from "./dom.js";
import { date, money } from "./format.js";
import { translator } from "./words.js";
import words from "messages/promotions";

const t = translator(words);

/** The form; `added()` is called after a code brought credit. A code and its key stay together until the outcome is known. */
export function promotionForm(added) {
	let open = null;
	const input = h("input", { type: "text", name: "promotion", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: "64", oninput: () => box.fails(null) });
	const box = field(t("code"), input);
	const alert = h("div", { role: "alert" });
	const button = h("button", { type: "submit" }, t("redeem"));
	return h("form", { novalidate: true, onsubmit: redeem }, box, alert, h("div.actions", button));

	async function redeem(event) {
		event.preventDefault();
		const code = input.value.trim().toUpperCase();
		box.fails(code ? null : t("typeCode"));
		if (!code) return input.focus();
		if (open?.code !== code) open = { code, key: crypto.randomUUID() };
		button.disabled = true;
		fill(alert);
		try {
			const { amount, expires_at: until } = await ask("POST", `/promotions/${encodeURIComponent(code)}/redeem`, { key: open.key });
			open = null;
			input.value = "";
			const words = t("added", { amount: money(amount) });
			fill(alert, note("good", words, until ? h("p", t("expires", { day: date(until) })) : null));
			say(words);
			added();
		} catch (problem) {
			if (!problem.isUnknown) open = null;
			fill(alert, failure(problem));
		}
		button.disabled = false;
		return undefined;
	}
}
