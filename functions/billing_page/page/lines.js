// The account's lines, each with its switch for international calling, and one for all of them.
import { ask } from "./api.js";
import { budgetColumn, budgetsOf } from "./budgets.js";
import { confirmed, failure, field, fill, h, note, page, say } from "./dom.js";
import { growing, table, toggle } from "./list.js";
import { copyBare, spaced } from "./numbers.js";
import { searchInput } from "./search_input.js";
import { memberNote } from "./whom.js";
import { translator } from "./words.js";
import words from "messages/lines";

const t = translator(words);
const CALLS = "outbound_international_call";
const BULK_FROM = 2;

export function linesPage(query, { isAdmin }) {
	const [place, alert, bulk, told] = [h("div"), h("div", { role: "alert" }), h("div"), h("div")];
	const budgets = new Map(); // The cells of the lines that are shown.
	let find = query.get("find") ?? "";
	const input = searchInput(find, search, { name: "find" });
	const form = h("form.tools", { role: "search", onsubmit: (event) => event.preventDefault() }, field(t("search"), input, t("searchHint")));
	look();
	return page(t("title"), t("lead"), isAdmin ? null : memberNote(t("readOnly")), form, bulk, alert, told, h("div.card", copyBare(place)));

	function search(wanted) {
		find = wanted;
		const address = `#/lines${find ? `?${new URLSearchParams({ find })}` : ""}`;
		history.replaceState(null, "", address);
		document.getElementById("main").dataset.shows = address;
		look();
	}
	function look(words = null) {
		const wanted = find;
		budgets.clear();
		fill(told, words);
		words?.setAttribute("tabindex", "-1");
		words?.focus();
		growing(place, (cursor) => ask("GET", "/lines", { query: { limit: "200", find: wanted, cursor } }), (items, last) => show(items, last, wanted), 4);
	}
	function show(items, { next_cursor: next }, wanted) {
		form.hidden = !items.length && !wanted;
		if (isAdmin && !wanted && items.length >= BULK_FROM && !bulk.dataset.busy) fill(bulk, allButtons(next ? null : items.length, { bulk, look }));
		if (!items.length) return wanted ? note("plain", t("noneFound"), h("p", t("noneFoundHint"))) : note("plain", t("none"), h("p", t("noneHint")));
		if (wanted) say(t("found", { count: items.length }));
		return table([t("line"), t("user"), t("calling"), budgetColumn, ""], items.map((line) => [h("span.digits", spaced(line.number)), line.user.name ?? line.user.id ?? "", calling(line), budget(line), links(line)]), { isNamed: true, looks: "lines", caption: t("title") });
	}
	function budget(line) {
		if (!budgets.has(line)) budgets.set(line, budgetsOf(line, { isAdmin, look, peers }));
		return budgets.get(line);
	}
	/** Show a budget in each row of its user. */
	function peers({ user }) {
		for (const [{ user: other }, cell] of budgets) {
			if (other.id === user.id) other.budget = user.budget;
			cell.show();
		}
	}
	function calling(line) {
		const { line_id: id, number } = line;
		return toggle(line.international_calling, { disabled: !isAdmin, "aria-label": t("callingFor", { number }) }, alert, async (isWanted) => {
			const body = { international_calling: isWanted, version: line.version };
			Object.assign(line, await ask("PUT", `/lines/${encodeURIComponent(id)}`, { body }).catch((problem) => {
				if (problem.current) look();
				throw problem;
			}));
			say(t(isWanted ? "isOn" : "isOff", { number }));
			return isWanted;
		});
	}
}

function links({ line_id: id, number }) {
	const to = new URLSearchParams({ line_id: id });
	return h("span.links", h("a", { href: `#/usage/${CALLS}?${to}`, "aria-label": t("callsOf", { number }) }, t("calls")), h("a", { href: `#/rates?${to}`, "aria-label": t("ratesOf", { number }) }, t("rates")));
}

/** Turn all lines on or off, after a confirmation; `total` is null while there are more lines than shown. */
function allButtons(total, { bulk, look }) {
	const button = (isOn) => h("button", { onclick: () => confirm(isOn) }, t(isOn ? "allOn" : "allOff"));
	return h("div.actions", button(true), button(false));

	async function confirm(isOn) {
		const all = total === null ? t("allLines") : t("allCounted", { count: total });
		const isSure = await confirmed(t(isOn ? "allOnTitle" : "allOffTitle"), t(isOn ? "allOnWords" : "allOffWords", { all }), t(isOn ? "allOn" : "allOff"));
		if (isSure) await change(isOn, null, 0, 0);
	}
	async function change(isOn, from, changed, unchanged) {
		let cursor = from;
		const progress = h("span", t("working"));
		const bar = h("progress", { max: total ?? null, "aria-label": t("progress") });
		bulk.dataset.busy = "yes";
		fill(bulk, h("p.under-way", { role: "status" }, bar, progress));
		try {
			do {
				const part = await ask("PUT", "/lines", { body: { international_calling: isOn, ...(cursor && { cursor }) } });
				changed += part.changed;
				unchanged += part.unchanged;
				cursor = part.next_cursor;
				if (total) bar.value = Math.min(changed + unchanged, total);
				progress.textContent = t("done", { count: changed + unchanged });
			} while (cursor);
			delete bulk.dataset.busy;
			fill(bulk, note("good", t(isOn ? "allAreOn" : "allAreOff"), h("p", t("changed", { count: changed }))), allButtons(total, { bulk, look }));
			bulk.dataset.busy = "shown"; // Keep the outcome when the list comes.
			say(t(isOn ? "allAreOn" : "allAreOff"));
		} catch (problem) {
			fill(bulk, note("wait", t("doneUntil", { count: changed + unchanged })), failure(problem, () => change(isOn, cursor, changed, unchanged)));
		}
		look();
	}
}
