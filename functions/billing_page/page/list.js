// Tables that become lists on a narrow screen, and lists that grow page by page.
import { failure, fill, h, load, say } from "./dom.js";

/** A table. A column is its label, `#` before it for figures; a row is its cells, the first one naming the row where
 * `isNamed`, or an element. Roles are said outright, because a browser forgets them where a table is shown as a list. */
export function table(columns, rows, { looks = "", isNamed = false, caption, heads } = {}) {
	const labels = columns.map((column) => column.replace("#", ""));
	const number = columns.map((column) => (column.startsWith("#") ? "number" : null));
	const head = h("tr", { role: "row" }, labels.map((label, index) => heads?.[index] ?? h("th", { scope: "col", role: "columnheader", class: number[index] }, label || h("span.unseen", "More"))));
	const cell = (content, index) => (isNamed && index === 0
		? h("th", { scope: "row", role: "rowheader", class: number[index] }, content)
		: h("td", { role: "cell", "data-label": labels[index] || null, class: number[index] ?? (labels[index] ? null : "go") }, content));
	return h("table", { class: `stacked ${looks}`, role: "table" }, caption ? h("caption.unseen", caption) : null, h("thead", { role: "rowgroup" }, head),
		h("tbody", { role: "rowgroup" }, rows.map((row) => (Array.isArray(row) ? h("tr", { role: "row" }, row.map(cell)) : row))));
}

/** Fill a place with a list: `next(cursor)` brings a page, `show(items, page)` draws all that was brought. */
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

/** "Load more". */
export function moreButton(more, done) {
	const button = h("button", { onclick: async () => {
		button.disabled = true;
		try {
			await more();
			done();
			say("More is loaded.");
		} catch (problem) {
			button.disabled = false;
			button.after(failure(problem));
		}
	} }, "Load more");
	return h("div.actions.center", button);
}

/** A switch, and the words beside it; `change(isOn)` answers what it is afterwards, or throws a Problem. */
export function toggle(isOn, attributes, trouble, change) {
	const words = h("span", { "aria-hidden": "true" }, isOn ? "On" : "Off");
	const input = h("input", { type: "checkbox", role: "switch", checked: isOn, ...attributes, onchange: async () => {
		input.disabled = true;
		fill(trouble);
		try {
			input.checked = await change(input.checked);
		} catch (problem) {
			input.checked = !input.checked;
			fill(trouble, failure(problem));
		}
		words.textContent = input.checked ? "On" : "Off";
		input.disabled = false;
		input.focus();
	} });
	return h("label.switch", input, words);
}
