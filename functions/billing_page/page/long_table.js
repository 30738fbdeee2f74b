// A table of thousands of rows. Above a few hundred, only the rows near the window are in the document.
import { fill, h } from "./dom.js";

const [CHUNK, ALL] = [40, 300];
const [MARGIN, ROW_HEIGHT] = ["1000px 0px", 44];

/** A table with a head row and a row for each item, `row(item)` being its list of cells. */
export function longTable(head, items, row, { looks, caption, columns }) {
	const isLong = items.length > ALL;
	const drawn = (first) => items.slice(first, first + CHUNK).map((item, index) => h("tr", { role: "row", "aria-rowindex": isLong ? first + index + 2 : null }, row(item)));
	const chunks = [];
	for (let first = 0; first < items.length; first += CHUNK) {
		const body = h("tbody", { role: "rowgroup" });
		if (isLong) hollow(body, Math.min(CHUNK, items.length - first) * ROW_HEIGHT, columns);
		else fill(body, drawn(first));
		chunks.push({ body, first });
	}
	const table = h("table", { class: looks, role: "table", "aria-rowcount": isLong ? items.length + 1 : null }, h("caption.unseen", caption), h("thead", { role: "rowgroup" }, head), chunks.map(({ body }) => body));
	if (isLong) watch(table, chunks, drawn, columns);
	return table;
}

function hollow(body, height, columns) {
	const space = h("td", { colspan: columns });
	space.style.setProperty("height", `${height}px`);
	fill(body, h("tr.space", { role: "presentation" }, space));
	body.isDrawn = false;
}

/** Draw the chunks near the window, and empty the others unless they have the focus. */
function watch(table, chunks, drawn, columns) {
	const firstOf = new Map(chunks.map(({ body, first }) => [body, first]));
	let isFixed = false;
	const draw = (body) => {
		if (body.isDrawn) return;
		fill(body, drawn(firstOf.get(body)));
		body.isDrawn = true;
	};
	const observer = new IntersectionObserver((changes) => {
		for (const { target, isIntersecting } of changes) {
			if (isIntersecting) draw(target);
			else if (target.isDrawn && !target.contains(document.activeElement)) hollow(target, target.getBoundingClientRect().height, columns);
		}
		if (!isFixed) isFixed = fixWidths(table);
	}, { rootMargin: MARGIN });
	draw(chunks[0].body);
	for (const { body } of chunks) observer.observe(body);
}

/** Keep the columns as wide as those of the first rows, so that they do not move while the reader scrolls. */
function fixWidths(table) {
	const heads = [...table.tHead.rows[0].cells];
	const whole = table.offsetWidth;
	if (!whole || !heads[0].offsetWidth) return false;
	const widths = heads.map((head) => (head.offsetWidth / whole) * 100);
	heads.forEach((head, index) => head.style.setProperty("width", `${widths[index]}%`));
	table.classList.add("fixed");
	return true;
}
