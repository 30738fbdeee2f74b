// The account's lines, and whether each may call abroad.
import { ask, askAll } from "./api.js";
import { h, load, note, page, say } from "./dom.js";
import { table, toggle } from "./list.js";

/** The page. */
export function linesPage(isAdmin) {
	const [place, trouble] = [h("div"), h("div", { role: "alert" })];
	load(place, () => askAll("/lines"), show, 4);
	return page("Lines", "Each line calls abroad only while its switch is on. Calls inside the US and Canada are never affected.",
		isAdmin ? null : note("plain", null, h("p", "Only a billing admin of your account can switch lines.")), trouble, h("div.card", place));

	function show(items) {
		if (!items.length) return note("plain", "No lines yet.", h("p", "Your provider adds lines to the account."));
		return table(["Line", "User", "International calling"], items.map((line) => [h("span.digits", line.number), line.user.name ?? line.user.id ?? "", calling(line)]), { isNamed: true });
	}
	function calling({ line_id: id, number, international_calling: isOn }) {
		return toggle(isOn, { disabled: !isAdmin, "aria-label": `International calling of ${number}` }, trouble, async (wanted) => {
			const now = await ask("PUT", `/lines/${encodeURIComponent(id)}`, { body: { international_calling: wanted } });
			say(`International calling of ${number} is ${now.international_calling ? "on" : "off"}.`);
			return now.international_calling;
		});
	}
}
