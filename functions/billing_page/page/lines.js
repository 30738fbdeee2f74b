// The account's lines, each with its switch for international calling.
import { ask, askAll } from "./api.js";
import { h, load, note, page, say } from "./dom.js";
import { table, toggle } from "./list.js";

export function linesPage(isAdmin) {
	const [place, alert] = [h("div"), h("div", { role: "alert" })];
	const look = () => load(place, () => askAll("/lines"), show, 4);
	look();
	return page("Lines", "Turn international calling on or off for each line. Calls within the US and Canada are not affected.",
		isAdmin ? null : note("plain", null, h("p", "Only a billing admin of your account can change lines.")), alert, h("div.card", place));

	function show(items) {
		if (!items.length) return note("plain", "No lines yet.", h("p", "Your provider adds lines to your account."));
		return table(["Line", "User", "International calling"], items.map((line) => [h("span.digits", line.number), line.user.name ?? line.user.id ?? "", calling(line)]), { isNamed: true });
	}
	function calling(line) {
		const { line_id: id, number } = line;
		return toggle(line.international_calling, { disabled: !isAdmin, "aria-label": `International calling for ${number}` }, alert, async (isWanted) => {
			const body = { international_calling: isWanted, version: line.version };
			Object.assign(line, await ask("PUT", `/lines/${encodeURIComponent(id)}`, { body }).catch((problem) => {
				if (problem.current) look();
				throw problem;
			}));
			say(`International calling for ${number} is ${isWanted ? "on" : "off"}.`);
			return isWanted;
		});
	}
}
