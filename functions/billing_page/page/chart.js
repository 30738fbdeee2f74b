// Charts over days, each with a table. Only here does money become a float: a height in pixels.
import { fresh, h, s } from "./dom.js";
import { longDay, money, placesOf, shortDay } from "./format.js";
import { translator } from "./words.js";
import common from "messages/common";

const t = translator(common);

const [WIDTH, HEIGHT] = [600, 120];

/** `days` are `{day, amount}`. */
export function bars(days, { caption, unit }) {
	const most = Math.max(...days.map(({ amount }) => Number(amount)), 0);
	const step = WIDTH / days.length;
	const width = Math.max(step * 0.68, 1);
	const drawn = days.map(({ amount }, index) => {
		const height = most ? Math.max((Number(amount) / most) * (HEIGHT - 4), Number(amount) ? 2 : 0) : 0;
		return s("rect", { class: "bar", x: index * step + (step - width) / 2, y: HEIGHT - height, width, height, rx: Math.min(2, width / 3) });
	});
	return picture(days, drawn, { caption, unit, top: most ? topOf(days) : null });
}

export function line(days, { caption, unit }) {
	const values = days.map(({ amount }) => Number(amount));
	const [most, least] = [Math.max(...values, 0), Math.min(...values, 0)];
	const span = most - least || 1;
	const y = (value) => 4 + ((most - value) / span) * (HEIGHT - 8);
	const step = WIDTH / Math.max(days.length - 1, 1);
	const points = values.map((value, index) => `${index * step},${y(value)}`).join("L");
	const ground = y(Math.max(least, 0));
	const drawn = [
		s("path", { class: "area", d: `M0,${ground}L${points}L${WIDTH},${ground}Z` }),
		s("path", { class: "ground", d: `M0,${ground}H${WIDTH}` }),
		s("path", { class: "line", d: `M${points}` }),
	];
	return picture(days, drawn, { caption, unit, top: topOf(days) });
}

const topOf = (days) => days.reduce((best, { amount }) => (Number(amount) > Number(best) ? amount : best), "0.00");

function picture(days, drawn, { caption, unit, top }) {
	const id = fresh("chart");
	const mark = s("path", { class: "mark", d: "M0,0" });
	const readout = h("span.readout", { "aria-hidden": "true" }, top === null ? "" : t("highest", { amount: money(top) }));
	const still = readout.textContent;
	const drawing = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-labelledby": id }, drawn, mark);
	drawing.addEventListener("pointermove", (event) => {
		const place = drawing.getBoundingClientRect();
		const share = Math.min(Math.max((event.clientX - place.left) / place.width, 0), 0.9999);
		const index = Math.floor(share * days.length);
		const x = ((index + 0.5) / days.length) * WIDTH;
		mark.setAttribute("d", `M${x},0V${HEIGHT}`);
		readout.textContent = `${longDay(days[index].day)} · ${money(days[index].amount)}`;
	});
	drawing.addEventListener("pointerleave", () => { mark.setAttribute("d", "M0,0"); readout.textContent = still; });
	const places = Math.max(...days.map(({ amount }) => placesOf(amount)));
	return h("figure.chart",
		h("figcaption", h("span", { id }, caption), readout),
		drawing,
		h("div.axis", { "aria-hidden": "true" }, h("span", shortDay(days[0].day)), h("span", shortDay(days.at(-1).day))),
		h("details.figures", h("summary", t("asTable")),
			h("div.scroll", { tabindex: "0", role: "region", "aria-label": caption },
				h("table", h("thead", h("tr", h("th", { scope: "col" }, t("day")), h("th", { scope: "col", class: "number" }, unit))),
					h("tbody", days.map(({ day, amount }) => h("tr", h("th", { scope: "row" }, longDay(day)), h("td.number", money(amount, { places })))))))));
}
