// The balance: what may be spent now, what is held and why, how it went in the last 30 days, and how long it lasts.
import { ask } from "./api.js";
import { line } from "./chart.js";
import { fill, h, load } from "./dom.js";
import { cents, count, daysBetween, longDay, micros, money, shifted, today } from "./format.js";

const DAYS = 30;

/** The card; `balance` was asked for already, so that its time zone is known. */
export function balanceCard(balance) {
	const [amounts, runway, picture] = [h("div"), h("div"), h("div.picture")];
	showAmounts(amounts, balance);
	const look = () => {
		load(picture, history, (days) => line(days, { caption: `Balance, last ${DAYS} days`, unit: "Balance" }), 4);
		ask("GET", "/forecast").then((found) => showRunway(runway, found), () => fill(runway));
	};
	look();
	const card = h("section.card.balance", { "aria-labelledby": "balance-title" }, h("h2", { id: "balance-title" }, "Balance"), amounts, runway, picture);
	card.renew = async () => {
		showAmounts(amounts, await ask("GET", "/balance"));
		look();
	};
	return card;
}

function showAmounts(place, balance) {
	const isHeld = micros(balance.held) !== 0n;
	const isBelow = micros(balance.available) < 0n;
	fill(place,
		h("p.available", h("span", { class: `amount${isBelow ? " below" : ""}` }, cents(balance.available)), h("span", "available credit")),
		isBelow ? h("p.hint", "Calls that were under way cost more than was there. Add funds to call abroad again.") : null,
		isHeld ? h("details.held",
			h("summary", `${money(balance.held)} is held for calls under way`),
			h("p", `While somebody talks, the most the call may cost is set aside. When it ends, what it cost is charged and the rest comes back. Your balance is ${money(balance.balance)}; without what is held, ${money(balance.available)} can be used.`)) : null);
}

function showRunway(place, forecast) {
	const pace = forecast.basis_days === 1 ? "as on the last day" : `as in the last ${forecast.basis_days} days`;
	fill(place,
		forecast.lasts_until ? h("p.runway", `At ${cents(forecast.daily_spend)} a day, ${pace}, it lasts until `, h("strong", longDay(forecast.lasts_until)), ".") : null,
		forecast.destinations.length ? h("ul.reach", { "aria-label": "What it is good for" }, forecast.destinations.map((one) => h("li", h("strong", `${count(one.minutes_left)} min`), ` to ${one.destination}`))) : null);
}

/** The balance at the end of each of the last days, `{day, amount}`. */
async function history() {
	const [first, last] = [shifted(today(), 1 - DAYS), today()];
	const found = await ask("GET", "/statement", { query: { from: first, to: last, by: "day" } });
	const moved = new Map(found.days.map((day) => [day.date, day.closing_balance]));
	let amount = found.opening_balance;
	return daysBetween(first, last).map((day) => {
		amount = moved.get(day) ?? amount;
		return { day, amount };
	});
}
