// The account's lines, each with its switch for international calling.
import { ask, askAll } from "./api.js";
import { h, load, note, page, say } from "./dom.js";
import { table, toggle } from "./list.js";

/** The view. */
export function linesPage(isAdmin) {
	const [place, alert] = [h("div"), h("div", { role: "alert" })];
	load(place, () => askAll("/lines"), show, 4);
	return page("Lines", "Turn international calling on or off for each line. Calls within the US and Canada are not affected.",
		isAdmin ? null : note("plain", null, h("p", "Only a billing admin of your account can change lines.")), alert, h("div.card", place));

	function show(items) {
		if (!items.length) return note("plain", "No lines yet.", h("p", "Your provider adds lines to your account."));
		return table(["Line", "User", "International calling"], items.map((line) => [h("span.digits", line.number), line.user.name ?? line.user.id ?? "", calling(line)]), { isNamed: true });
	}
	function calling({ line_id: id, number, international_calling: isOn }) {
		return toggle(isOn, { disabled: !isAdmin, "aria-label": `International calling for ${number}` }, alert, async (wanted) => {
			const result = await ask("PUT", `/lines/${encodeURIComponent(id)}`, { body: { international_calling: wanted } });
			say(`International calling for ${number} is ${result.international_calling ? "on" : "off"}.`);
			return result.international_calling;
		});
	}
}
