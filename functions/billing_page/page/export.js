// Exports as CSV, page by page: with progress, and as a file that spreadsheets open with the right letters and times.
import { fill, h, note, say } from "./dom.js";
import { zoneName } from "./format.js";
import { collect } from "./progress.js";
import { translator } from "./words.js";
import messages from "messages/export";

const t = translator(messages);
const MARK = "\ufeff"; // Tells Excel that the text is UTF-8.

export const PAGE_SIZE = "1000";

/** The time of an instant in the account's time zone, such as 2026-11-28 14:05:09, which spreadsheets read as a time. */
export const localTime = (instant) => new Intl.DateTimeFormat("sv-SE", { timeZone: zoneName(), dateStyle: "short", timeStyle: "medium" }).format(new Date(instant));

/** Load all pages by `next(cursor)`, and save the lines that `linesOf(page)` makes of them below `head`. */
export async function exportCsv(place, { name, head, next, linesOf, foot = () => [] }) {
	const parts = [MARK, head];
	let rows = 0;
	const result = await collect(place, { next, words: () => t("exporting", { count: rows }), take: (page) => {
		parts.push(...linesOf(page));
		rows += page.items.length;
	} });
	if (!result) return;
	if (result.isStopped) {
		fill(place, h("div", { role: "status" }, note("plain", t("canceled"))));
		return;
	}
	save(new Blob([...parts, ...foot()], { type: "text/csv" }), `${name}.csv`);
	say(t("exported", { count: rows }));
}

function save(file, name) {
	const link = h("a", { href: URL.createObjectURL(file), download: name });
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
