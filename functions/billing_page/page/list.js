// Tables that become lists on a narrow screen.
import { failure, fill, h, load, say } from "./dom.js";
import { translator } from "./words.js";
import common from "messages/common";

const t = translator(common);
const LONG_WORD = /[^\s-]{19}/;

/** A table. A column is a label, with `#` for figures; a row is a list of cells or an element. With `isNamed`, the first
 * cell is the row header. Browsers drop implicit roles from a table displayed as a list. */
export function table(columns, rows, { looks = "", isNamed = false, caption, heads } = {}) {
	const labels = columns.map((column) => column.replace("#", ""));
	const number = columns.map((column) => (column.startsWith("#") ? "number" : null));
	const head = h("tr", { role: "row" }, labels.map((label, index) => heads?.[index] ?? h("th", { scope: "col", role: "columnheader", class: number[index] }, label || h("span.unseen", t("details")))));
	const cell = (part, index) => {
		const content = typeof part === "string" ? h("bdi", part) : part;
		const looks = number[index] ?? (LONG_WORD.test(content?.textContent) ? "long" : labels[index] ? null : "go");
		return isNamed && index === 0 ? h("th", { scope: "row", role: "rowheader", class: looks }, content) : h("td", { role: "cell", "data-label": labels[index] || null, class: looks }, content);
	};
	return h("table", { class: `stacked ${looks}`, role: "table" }, caption ? h("caption.unseen", caption) : null, h("thead", { role: "rowgroup" }, head),
		h("tbody", { role: "rowgroup" }, rows.map((row) => (Array.isArray(row) ? h("tr", { role: "row" }, row.map(cell)) : row))));
}

/** Show a list: `next(cursor)` loads a page, `show` renders all items loaded. */
export function growing(place, next, show, rows) {
	const items = [];
	let page = null;
	const more = async () => {
		page = await next(page?.next_cursor);
		items.push(...page.items);
	};
	const view = () => [show(items, page), page.next_cursor ? moreButton(more, () => fill(place, view())) : null];
	load(place, more, view, rows);
}

export function moreButton(more, done) {
	const button = h("button", { onclick: async () => {
		button.disabled = true;
		try {
			await more();
			const place = box.parentElement;
			done();
			if (!button.isConnected) keepFocus(place);
			say(t("moreLoaded"));
		} catch (problem) {
			button.disabled = false;
			button.after(failure(problem));
		}
	} }, t("loadMore"));
	const box = h("div.actions.center", button);
	return box;
}

/** Keep the focus where the reader pressed: on the next such button, or on the list. */
function keepFocus(place) {
	if (!place || document.activeElement !== document.body) return;
	if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
	(place.querySelector(".actions.center button") ?? place).focus({ preventScroll: true });
}

/** A switch with an On/Off label; `change(isOn)` returns the new state or throws a Problem. */
export function toggle(isOn, attributes, alert, change) {
	const words = h("span", { "aria-hidden": "true" }, isOn ? t("on") : t("off"));
	const input = h("input", { type: "checkbox", role: "switch", checked: isOn, ...attributes, onchange: async () => {
		const wanted = input.checked;
		input.checked = !wanted; // Only the server's answer moves the switch.
		input.disabled = true;
		fill(alert);
		try {
			input.checked = await change(wanted);
		} catch (problem) {
			fill(alert, failure(problem));
		}
		words.textContent = input.checked ? t("on") : t("off");
		input.disabled = false;
		input.focus();
	} });
	return h("label.switch", input, words);
}
