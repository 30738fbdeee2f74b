// Spending by user, line, or country: bars with an axis, and a table whose rows narrow the view.
import { readable, scale, tickLabel } from "./chart.js";
import { fill, fresh, h } from "./dom.js";
import { count, decimal, minutes, roundedMoney } from "./format.js";
import { table } from "./list.js";
import { change, share } from "./spending.js";
import { translator } from "./words.js";
import messages from "messages/spend_groups";

const t = translator(messages);
const MOST_BARS = 10;

/** The card of one kind of group. `nameOf(group)` names a group; `choose(id)` narrows to it. Its `compare(earlier)` fills in the changes since the groups of the period before. */
export function groupCard(kind, groups, { whole, nameOf, choose }) {
	const id = fresh("groups");
	const isOpen = (group) => group.id !== "" && group.id !== "other";
	const changes = groups.map(() => h("span.hint", t("unknown")));
	const columns = [t(`column_${kind}`), `#${t("calls")}`, `#${t("minutes")}`, `#${t("spend")}`, `#${t("change")}`];
	const rows = groups.map((group, index) => [
		isOpen(group) ? h("button.why", { "aria-label": t("narrowTo", { name: nameOf(group) }), onclick: () => choose(group.id) }, h("bdi", nameOf(group))) : nameOf(group),
		count(group.calls), minutes(group.seconds), roundedMoney(decimal(group.total)), changes[index]]);
	const card = h("section.card", { "aria-labelledby": id }, h("h2", { id }, t(`by_${kind}`)),
		chart(kind, groups, { whole, nameOf, choose: (group) => isOpen(group) && choose(group.id) }),
		h("details.figures", h("summary", t("asTable")), table(columns, rows, { isNamed: true, looks: "groups", caption: t(`by_${kind}`) })));
	card.compare = (earlier) => groups.forEach((group, index) => fill(changes[index], changeOf(group, earlier)));
	return card;
}

function changeOf({ id, total }, earlier) {
	const { amount, percent } = change(earlier.get(id)?.total ?? 0n, total);
	return percent === null ? t("isNew") : `${roundedMoney(amount, { signed: true })} (${percent})`;
}

function chart(kind, groups, { whole, nameOf, choose }) {
	const shown = groups.length > MOST_BARS + 1 ? [...groups.slice(0, MOST_BARS), rest(groups.slice(MOST_BARS))] : groups;
	const name = (group) => (group.rest ? t("rest", { count: group.rest }) : nameOf(group));
	const { ticks, y } = scale(shown.map(({ total }) => decimal(total)));
	const [least, most] = [y(ticks.at(-1)), y(ticks[0])];
	const rows = shown.map((group) => {
		const bar = h("span.track", h("span.fill"));
		bar.firstChild.style.setProperty("--share", `${((least - y(decimal(group.total))) / (least - most)) * 100}%`);
		return h("div.row", h("bdi.name", name(group)), bar, h("span.number", roundedMoney(decimal(group.total))));
	});
	const id = fresh("chart");
	const drawing = h("div.hbars", rows);
	const words = (index) => t("value", { name: name(shown[index]), amount: roundedMoney(decimal(shown[index].total)), share: share(shown[index].total, whole), count: shown[index].calls });
	readable(drawing, shown.length, { id, words, orientation: "vertical", choose: (index) => choose(shown[index]),
		show: (index) => rows.forEach((row, at) => row.classList.toggle("is-marked", at === index)),
		hide: () => rows.forEach((row) => row.classList.remove("is-marked")),
		find: (event) => Math.max(rows.findLastIndex((row) => row.getBoundingClientRect().top <= event.clientY), 0) });
	return h("figure.chart", h("figcaption.unseen", { id }, t(`by_${kind}`)), drawing,
		h("div.haxis", { "aria-hidden": "true" }, [...ticks].reverse().map((tick) => h("span", tickLabel(tick)))));
}

const rest = (groups) => ({ id: "", label: "", rest: groups.length, calls: groups.reduce((sum, { calls }) => sum + calls, 0), total: groups.reduce((sum, { total }) => sum + total, 0n) });
