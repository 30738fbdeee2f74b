// Charts over days or months, with axes, readable by pointer, by keyboard, and as a table. Only here does money become a float:
// a height in pixels.
import { fresh, h, s } from "./dom.js";
import { decimal, longDay, micros, money, roundedMoney, shortDay } from "./format.js";
import { translator } from "./words.js";
import common from "messages/common";

const t = translator(common);

const [WIDTH, HEIGHT, LABELS] = [600, 120, 5];

/** `days` are `{day, amount}`; `choose(index)` is called for a bar that the reader selects. With `isTitled`, a
 * heading shows the caption already. */
export function bars(days, { caption, unit, choose, isTitled = false }) {
	const { ticks, y } = scale(days.map(({ amount }) => amount));
	const step = WIDTH / days.length;
	const width = Math.max(step * 0.68, 1);
	const drawn = days.map(({ amount }, index) => {
		const height = Number(amount) > 0 ? Math.max(HEIGHT - y(amount), 2) : 0;
		return s("rect", { class: "bar", x: index * step + (step - width) / 2, y: HEIGHT - height, width, height, rx: Math.min(2, width / 3) });
	});
	return picture(days, drawn, { caption, unit, ticks, choose, isTitled, at: (index) => (index + 0.5) * step });
}

export function line(days, { caption, unit }) {
	const { ticks, y } = scale(days.map(({ amount }) => amount));
	const step = WIDTH / Math.max(days.length - 1, 1);
	const points = days.map(({ amount }, index) => `${index * step},${y(amount)}`).join("L");
	const drawn = [
		s("path", { class: "area", d: `M0,${y("0")}L${points}L${WIDTH},${y("0")}Z` }),
		s("path", { class: "line", d: `M${points}` }),
	];
	return picture(days, drawn, { caption, unit, ticks, at: (index) => index * step });
}

/** An axis for amounts: from three to six round ticks in micros, highest first, and the height of an amount. */
export function scale(amounts) {
	const values = amounts.map((amount) => Number(micros(amount)));
	const [most, least] = [Math.max(...values, 0), Math.min(...values, 0)];
	const raw = Math.max((most - least || 1_500_000) / 3, 10_000); // Sums are shown in cents.
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = power * ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10);
	const bottom = Math.floor(least / step);
	const top = Math.max(Math.ceil(most / step), bottom + 1);
	const ticks = Array.from({ length: top - bottom + 1 }, (_, index) => decimal(BigInt((top - index) * step)));
	return { ticks, y: (amount) => ((top * step - Number(micros(amount))) / ((top - bottom) * step)) * HEIGHT };
}

export const tickLabel = (amount) => money(amount, { places: /\.00$/.test(amount) ? 0 : 2, isShort: Math.abs(amount) >= 10_000 });

const topOf = (days) => days.reduce((best, { amount }) => (Number(amount) > Number(best) ? amount : best), "0.00");
const nameOf = (day) => (day.length === 7 ? longDay(`${day}-01`, { month: "long", year: "numeric" }) : longDay(day));
const shortName = (day) => (day.length === 7 ? longDay(`${day}-01`, { month: "short", year: "2-digit" }) : shortDay(day));

function picture(days, drawn, { caption, unit, ticks, at, choose, isTitled }) {
	const id = fresh("chart");
	const mark = s("path", { class: "mark", d: "M0,0" });
	const top = topOf(days);
	const still = Number(top) ? t("highest", { amount: roundedMoney(top) }) : "";
	const readout = h("span.readout", { "aria-hidden": "true" }, still);
	const words = (index) => `${nameOf(days[index].day)} · ${roundedMoney(days[index].amount)}`;
	const grid = ticks.map((_, index) => s("path", { class: "ground", d: `M0,${(index / (ticks.length - 1)) * HEIGHT}H${WIDTH}` }));
	const drawing = h("div.drawing", s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-labelledby": id }, grid, drawn, mark));
	readable(drawing, days.length, { id, words, choose, first: days.length - 1,
		show: (index) => { mark.setAttribute("d", `M${at(index)},0V${HEIGHT}`); readout.textContent = words(index); },
		hide: () => { mark.setAttribute("d", "M0,0"); readout.textContent = still; },
		find: (event, place) => Math.floor(Math.min(Math.max((event.clientX - place.left) / place.width, 0), 0.9999) * days.length) });
	return h("figure.chart",
		h("figcaption", h("span", { id, class: isTitled ? "unseen" : null }, caption), readout),
		h("div.plot", h("div.ticks", { "aria-hidden": "true" }, ticks.map((tick) => h("span", tickLabel(tick)))), drawing, axis(days, at)),
		h("details.figures", h("summary", t("asTable")),
			h("div.scroll", { tabindex: "0", role: "region", "aria-label": t("tableOf", { caption }) },
				h("table", h("thead", h("tr", h("th", { scope: "col" }, t("day")), h("th", { scope: "col", class: "number" }, unit))),
					h("tbody", days.map(({ day, amount }) => h("tr", h("th", { scope: "row" }, nameOf(day)), h("td.number", roundedMoney(amount)))))))));
}

function axis(days, at) {
	const count = Math.min(days.length, [LABELS, 4, 3].find((number) => (days.length - 1) % (number - 1) === 0) ?? LABELS);
	const labels = Array.from({ length: count }, (_, order) => {
		const index = count === 1 ? 0 : Math.round((order * (days.length - 1)) / (count - 1));
		const label = h("span", shortName(days[index].day));
		label.style.setProperty("--at", `${(at(index) / WIDTH) * 100}%`);
		return label;
	});
	return h("div.axis", { "aria-hidden": "true" }, labels);
}

/**
 * Make a drawing readable by pointer and keyboard: arrow keys move a mark over `size` items, whose `words(index)` a screen
 * reader speaks. Enter, or a click, calls `choose(index)` if it is given. `find(event, place)` is the item under the pointer.
 */
export function readable(drawing, size, { id, words, show, hide, find, choose, first = 0, orientation = "horizontal" }) {
	let index = first;
	const set = (name, value) => drawing.setAttribute(name, value);
	const move = (to) => {
		index = Math.min(Math.max(to, 0), size - 1);
		set("aria-valuenow", index + 1);
		set("aria-valuetext", words(index));
	};
	for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-labelledby": id, "aria-valuemin": 1, "aria-valuemax": size, "aria-orientation": orientation, "aria-roledescription": t("chart") })) set(name, value);
	if (choose) drawing.classList.add("can-choose");
	move(index);
	drawing.addEventListener("focus", () => show(index));
	drawing.addEventListener("blur", hide);
	drawing.addEventListener("keydown", (event) => {
		const wanted = { ArrowLeft: index - 1, ArrowUp: index - 1, ArrowRight: index + 1, ArrowDown: index + 1, PageUp: index - 7, PageDown: index + 7, Home: 0, End: size - 1 }[event.key];
		if (wanted !== undefined) {
			move(wanted);
			show(index);
		} else if (event.key === "Enter" && choose) choose(index);
		else return;
		event.preventDefault();
	});
	drawing.addEventListener("pointermove", (event) => show(find(event, drawing.getBoundingClientRect())));
	drawing.addEventListener("pointerleave", () => (drawing.matches(":focus-visible") ? show(index) : hide()));
	drawing.addEventListener("click", (event) => choose?.(find(event, drawing.getBoundingClientRect())));
}
