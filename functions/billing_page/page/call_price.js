// How the price of a call was calculated.
import { dialog, h } from "./dom.js";
import { count, decimal, duration, micros, moment, money } from "./format.js";
import { spaced } from "./numbers.js";
import { translator } from "./words.js";
import messages from "messages/call_price";

const t = translator(messages);

export function priceDetails(call, { user, line }) {
	const talk = decimal((BigInt(call.billed_seconds) * micros(call.rate_per_minute) + 30n) / 60n);
	const covered = call.covered_seconds ?? 0;
	const isRounded = call.billed_seconds !== call.duration_seconds - covered;
	const terms = [
		[t("duration"), duration(call.duration_seconds)],
		...(covered ? [[t("included"), t("includedOf", { duration: duration(covered), name: h("bdi", call.bundle) })]] : []),
		[t("billed"), isRounded ? t("roundedUp", { duration: duration(call.billed_seconds) }) : duration(call.billed_seconds)],
		[t("rate"), t("perMinute", { rate: money(call.rate_per_minute) })],
		[`${count(call.billed_seconds)} s × ${money(call.rate_per_minute)} ÷ 60`, money(talk, { places: 4 })],
		[t("fee"), money(covered ? "0.00" : call.connection_fee, { places: 4 })],
	];
	const facts = [[t("number"), h("span.digits", call.to)], [t("user"), user && h("bdi", user)], [t("line"), h("span.digits", spaced(line))]].filter(([, value]) => value !== "");
	const row = ([name, value]) => h("div", h("dt", name), h("dd", value));
	const box = dialog(t("title"), h("p", h("strong.digits", spaced(call.to)), ` · ${call.destination}`, h("br"), moment(call.started_at)),
		h("dl.sum", terms.map(row), h("div.result", h("dt", t("price")), h("dd", money(call.price, { places: 4 })))),
		h("dl.sum", facts.map(row)),
		h("p", h("a", { href: `#/rates?${new URLSearchParams({ number: call.to })}`, onclick: () => box.close() }, t("currentRates"))),
		h("p.hint", t("rounding", { deck: call.rate_deck }), call.corrected ? ` ${t("corrected")}` : ""));
}
