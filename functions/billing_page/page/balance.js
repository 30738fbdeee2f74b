// The balance card.
import { account, onAccount } from "./account.js";
import { line } from "./chart.js";
import { failure, fill, h } from "./dom.js";
import { cents, count, date, daysBetween, longDay, micros, roundedMoney, shifted, time, today, zoneName } from "./format.js";
import { spaced } from "./numbers.js";
import { translator } from "./words.js";
import billing from "messages/billing";

const t = translator(billing);
const DAYS = 30;
const EXPIRING_SHOWN = 3;

/** The card; `renew` loads the account again. */
export function balanceCard(renew) {
	const [amounts, runway, minutes, expiring, picture, asOf, alert] = [h("div"), h("div"), h("div"), h("div"), h("div.picture"), h("span"), h("div", { role: "alert" })];
	const button = h("button.quiet", { onclick: refresh }, t("refresh"));
	const card = h("section.card.balance", { "aria-labelledby": "balance-title" }, h("h2", { id: "balance-title" }, t("balance")), amounts, runway, expiring, minutes, alert, picture,
		h("p.hint.as-of", asOf, button));
	onAccount(card, show);
	show();
	return card;

	function show() {
		const { overview } = account;
		showAmounts(amounts, overview);
		showRunway(runway, overview);
		showExpiring(expiring, overview);
		showMinutes(minutes, overview);
		showPicture(picture, overview);
		asOf.textContent = t("asOf", { time: time(overview.as_of), zone: zoneOf() });
	}
	async function refresh() {
		button.disabled = true;
		fill(alert);
		await renew().catch((problem) => fill(alert, failure(problem)));
		button.disabled = false;
		button.focus();
	}
}

/** "New York time": the place that names the account's time zone. */
function zoneOf() {
	const [, ...place] = zoneName().split("/");
	return place.length ? t("zoneTime", { place: place.at(-1).replaceAll("_", " ") }) : zoneName();
}

function showAmounts(place, { available, balance, held }) {
	const isBelow = micros(available) < 0n;
	const wasOpen = place.querySelector("details")?.open ?? false;
	fill(place,
		h("p.available", h("span", { class: `amount${isBelow ? " below" : ""}` }, cents(available)), h("span", t("available"))),
		micros(held) === 0n ? null : h("details.held", { open: wasOpen }, h("summary", t("onHold", { held: roundedMoney(held) })),
			h("p", t("holdExplained", { balance: cents(balance), available: cents(available) }))));
}

function showRunway(place, { available, forecast, auto_recharge: rule }) {
	const { daily_spend: spend, lasts_until: until, destinations } = forecast;
	const isBelow = micros(available) <= 0n;
	const values = { spend: spend && cents(spend), count: forecast.basis_days };
	fill(place,
		isBelow ? null : forecast.recharges && rule.amount && spend ? h("p.runway", t("keptUp", values))
			: until ? h("p.runway", t("lasts", { ...values, day: h("strong", longDay(until)) })) : null,
		!isBelow && destinations.length ? h("ul.reach", { "aria-label": t("minutesLeft") }, destinations.map((one) =>
			h("li", t("minutesTo", { minutes: h("strong", t("minutesCount", { minutes: count(one.minutes_left) })), destination: one.destination })))) : null);
}

/** "$20.00 expires on Dec 24, 2026": credit with an end, the soonest first. */
function showExpiring(place, { expiring: all = [] }) {
	const more = all.length - EXPIRING_SHOWN;
	fill(place, all.length ? h("ul.reach", { "aria-label": t("expiring") },
		all.slice(0, EXPIRING_SHOWN).map(({ amount, at }) => h("li", t("expires", { amount: h("strong", cents(amount)), day: date(at) }))),
		more > 0 ? h("li", t("moreExpiring", { count: more })) : null) : null);
}

/** "37 of 100 minutes to the UK left": the bundles of the account, and those of its lines in a list that opens. */
function showMinutes(place, { included_minutes: bundles = [] }) {
	const wasOpen = place.querySelector("details")?.open ?? false;
	const text = ({ name, left_minutes: left, minutes, line_number: number }) => h("li",
		t(number ? "includedOfLine" : "included", { count: left, left: h("strong", count(left)), minutes: count(minutes), name: h("bdi", name), line: h("span.digits", spaced(number ?? "")) }));
	const [own, ofLines] = [bundles.filter((one) => !one.line_id), bundles.filter((one) => one.line_id)];
	fill(place,
		own.length ? h("ul.reach", { "aria-label": t("includedMinutes") }, own.map(text)) : null,
		ofLines.length ? h("details", { open: wasOpen }, h("summary", t("includedOfLines")), h("ul.reach", ofLines.map(text))) : null);
}

/** The closing balance of each of the last 30 days. */
function showPicture(place, { statement }) {
	const state = JSON.stringify(statement) + today();
	if (place.dataset.shows === state) return; // Keep the table open.
	place.dataset.shows = state;
	const [first, last] = [shifted(today(), 1 - DAYS), today()];
	const closing = new Map(statement.days.map((day) => [day.date, day.closing_balance]));
	let amount = statement.opening_balance;
	const days = daysBetween(first, last).map((day) => {
		amount = closing.get(day) ?? amount;
		return { day, amount };
	});
	const hasHistory = days.some(({ amount: one }) => micros(one) !== 0n); // A new account has nothing to draw.
	fill(place, hasHistory && line(days, { caption: t("lastDays", { days: DAYS }), unit: t("balance") }));
}
