// How the price of a call was calculated.
import { dialog, h } from "./dom.js";
import { count, decimal, duration, micros, moment, money, percent } from "./format.js";
import { spaced } from "./numbers.js";
import { translator } from "./words.js";
import messages from "messages/call_price";

const t = translator(messages);

/** The seconds billed at one rate, and what they cost before the price is rounded. */
function talk({ billed_seconds: seconds, rate_per_minute: rate }) {
	return [`${count(seconds)} s × ${money(rate)} ÷ 60`, money(decimal((BigInt(seconds) * micros(rate) + 30n) / 60n), { places: 4 })];
}

export function priceDetails(call, { user, line }) {
	const covered = call.covered_seconds ?? 0;
	const steps = call.rate_steps ?? [];
	const base = call.base_rate_per_minute;
	const first = steps.reduce((left, step) => left - step.billed_seconds, call.billed_seconds);
	const parts = [{ rate_per_minute: call.rate_per_minute, billed_seconds: first }, ...steps].filter((part) => part.billed_seconds > 0 || !steps.length);
	const isRounded = call.billed_seconds !== call.duration_seconds - covered;
	const terms = [
		[t("duration"), duration(call.duration_seconds)],
		...(covered ? [[t("included"), t("includedOf", { duration: duration(covered), name: h("bdi", call.bundle) })]] : []),
		[t("billed"), isRounded ? t("roundedUp", { duration: duration(call.billed_seconds) }) : duration(call.billed_seconds)],
		...(base ? [[t("baseRate"), t("perMinute", { rate: money(base) })]] : []),
		...(base && micros(call.base_connection_fee) > 0n ? [[t("baseFee"), money(call.base_connection_fee, { places: 4 })]] : []),
		...(base ? [[t("markup"), percent(call.markup_percent)]] : []),
		[t("rate"), t("perMinute", { rate: money(call.rate_per_minute) })],
		...steps.map((step) => [t("rateAfter", { duration: duration(step.from_second) }), t("perMinute", { rate: money(step.rate_per_minute) })]),
		...parts.map(talk),
		[t("fee"), money(covered ? "0.00" : call.connection_fee, { places: 4 })],
	];
	const facts = [[t("number"), h("span.digits", call.to)], [t("user"), user && h("bdi", user)], [t("line"), h("span.digits", spaced(line))]].filter(([, value]) => value !== "");
	const row = ([name, value]) => h("div", h("dt", name), h("dd", value));
	const box = dialog(t("title"), h("p", h("strong.digits", spaced(call.to)), ` · ${call.destination}`, h("br"), moment(call.started_at)),
		h("dl.sum", terms.map(row), h("div.result", h("dt", t("price")), h("dd", money(call.price, { places: 4 })))),
		h("dl.sum", facts.map(row)),
		h("p", h("a", { href: `#/rates?${new URLSearchParams({ number: call.to })}`, onclick: () => box.close() }, t("currentRates"))),
		h("p.hint", t("rounding", { deck: call.rate_deck }), call.price_list ? ` ${t("ownList", { name: call.price_list, version: call.list_version })}` : "", call.corrected ? ` ${t("corrected")}` : ""));
}
