// The balance card.
import { ask } from "./api.js";
import { line } from "./chart.js";
import { fill, h, load } from "./dom.js";
import { cents, count, daysBetween, longDay, micros, money, shifted, today } from "./format.js";

const DAYS = 30;

/** The card; the caller needs the time zone of `balance` first. */
export function balanceCard(balance) {
	const [amounts, runway, picture] = [h("div"), h("div"), h("div.picture")];
	showAmounts(amounts, balance);
	const look = () => {
		load(picture, history, (days) => line(days, { caption: `Balance, last ${DAYS} days`, unit: "Balance" }), 4);
		ask("GET", "/forecast").then((forecast) => showRunway(runway, forecast), () => fill(runway));
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
		isBelow ? h("p.hint", "Recent charges exceeded your credit. Add funds to make international calls again.") : null,
		isHeld ? h("details.held",
			h("summary", `${money(balance.held)} is on hold for calls in progress`),
			h("p", `During a call, we hold its maximum cost. When the call ends, we charge the actual cost and release the rest. Your balance is ${money(balance.balance)}. Your available credit after holds is ${money(balance.available)}.`)) : null);
}

function showRunway(place, forecast) {
	const basis = forecast.basis_days === 1 ? "based on the last day" : `based on the last ${forecast.basis_days} days`;
	fill(place,
		forecast.lasts_until ? h("p.runway", `At ${cents(forecast.daily_spend)} per day (${basis}), your credit lasts until `, h("strong", longDay(forecast.lasts_until)), ".") : null,
		forecast.destinations.length ? h("ul.reach", { "aria-label": "Minutes left by destination" }, forecast.destinations.map((one) => h("li", h("strong", `${count(one.minutes_left)} min`), ` to ${one.destination}`))) : null);
}

/** The closing balance of each of the last 30 days, `{day, amount}`. */
async function history() {
	const [first, last] = [shifted(today(), 1 - DAYS), today()];
	const statement = await ask("GET", "/statement", { query: { from: first, to: last, by: "day" } });
	const closing = new Map(statement.days.map((day) => [day.date, day.closing_balance]));
	let amount = statement.opening_balance;
	return daysBetween(first, last).map((day) => {
		amount = closing.get(day) ?? amount;
		return { day, amount };
	});
}
