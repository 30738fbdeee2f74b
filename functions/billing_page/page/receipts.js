// Opens a receipt or a credit note in a window of its own. The API sends it as HTML, only to a signed-in user.
import { askText } from "./api.js";
import { failure, fill, h, note, say } from "./dom.js";
import { language, translator } from "./words.js";
import messages from "messages/history";

const t = translator(messages);
const STYLE = /<style[^>]*>([\s\S]*?)<\/style>/g;

/** A link-like button that opens the document at `url`; a failure is shown in `alert`. */
export function documentButton(url, text, label, alert) {
	const button = h("button.why", { "aria-label": label, onclick: open }, text);
	return button;

	async function open() {
		fill(alert);
		const target = window.open("", "_blank"); // In the click: a browser blocks windows that open later.
		if (!target) return fill(alert, note("wait", t("blocked"), h("p", t("allowWindows"))));
		button.disabled = true;
		say(t("opening"));
		try {
			await show(target, await askText(url, { query: { language } }));
		} catch (problem) {
			target.close();
			fill(alert, failure(problem));
		}
		button.disabled = false;
		return undefined;
	}
}

/** Show HTML in a window. The page's policy, which the window inherits, forbids styles in the HTML: they are taken out, and added
 * as a constructed sheet. It forbids scripts, too. */
function show(target, html) {
	const styles = [...html.matchAll(STYLE)].map(([, style]) => style).join("\n");
	const address = URL.createObjectURL(new Blob([html.replace(STYLE, "")], { type: "text/html; charset=utf-8" }));
	return new Promise((done, fail) => {
		const began = Date.now();
		target.location.replace(address);
		const look = () => {
			if (target.closed) return done();
			if (target.document?.URL === address && target.document.readyState === "complete") {
				const sheet = new target.CSSStyleSheet();
				sheet.replaceSync(styles);
				target.document.adoptedStyleSheets = [sheet];
				return done();
			}
			if (Date.now() - began > 10_000) return fail(Object.assign(new Error("window"), { title: "", detail: t("blocked") }));
			return setTimeout(look, 30);
		};
		look();
	});
}
