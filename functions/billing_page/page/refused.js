// The calls of the last 30 days that were not connected: why, and what to do.
import { ask } from "./api.js";
import { h, note } from "./dom.js";
import { longDay, moment } from "./format.js";
import { growing, table } from "./list.js";
import { copyBare, spaced } from "./numbers.js";
import { settingsView } from "./settings_index.js";
import { loadNames, memberNote, providerLink } from "./whom.js";
import { translator } from "./words.js";
import words from "messages/refused";

const t = translator(words);
const LIMITS = "#/settings/limits";
/** The remedy of a refusal: an address of the page, PROVIDER, or nothing. */
const PROVIDER = "provider";
const REMEDIES = {
	unknown_number: PROVIDER, number_ambiguous: PROVIDER, unknown_account: PROVIDER, account_closed: PROVIDER, account_frozen: PROVIDER, unknown_line: PROVIDER, destination_unrated: PROVIDER,
	international_calling_off: "#/lines", insufficient_credit: "#/", recharging: "#/",
	destination_blocked: LIMITS, high_cost_destination: LIMITS, simultaneous_calls_limit: LIMITS, call_price_limit: LIMITS, daily_spend_limit: LIMITS,
};

export function refusedPage(_query, { isAdmin }) {
	const place = h("div");
	const named = loadNames();
	growing(place, async (cursor) => {
		const found = await ask("GET", "/denied-calls", { query: { cursor } });
		return { ...found, names: await named };
	}, (items, page) => show(items, page, isAdmin), 6);
	return settingsView(t("title"), t("lead"), isAdmin ? null : memberNote(t("readOnly")), h("div.card", copyBare(place)));
}

function show(items, { not_listed: notListed, names }, isAdmin) {
	return [
		items.length ? table([t("time"), t("to"), t("from"), t("reason")], items.map((one) => [moment(one.at), h("span.digits", spaced(one.to)), from(one, names), why(one, names, isAdmin)]), { looks: "refused", caption: t("title") }) : note("good", t("none")),
		notListed.length ? note("wait", t("notListed"), h("ul", notListed.map(({ date, calls }) => h("li", t("moreCalls", { day: longDay(date), count: calls }))))) : null,
	];
}

function from({ line_id: line, user }, names) {
	return h("span", h("span.digits", line ? spaced(names.number(line)) : ""), user ? h("bdi.hint.block", user.name ?? user.id) : null);
}

function why({ reason, line_id: line }, names, isAdmin) {
	const isKnown = `reason_${reason}` in words;
	return h("span", h("strong.block", isKnown ? t(`reason_${reason}`) : reason.replaceAll("_", " ")), isKnown ? remedy(reason, line && names.number(line), isAdmin) : null);
}

/** What to do, as a link where the user can do it. */
function remedy(reason, number, isAdmin) {
	const label = t(`remedy_${reason}`);
	const where = REMEDIES[reason];
	if (where === PROVIDER) return h("span.block", label, " ", providerLink());
	if (!where || !isAdmin) return h("span.block", label);
	return h("a.block", { href: where === "#/lines" && number ? `${where}?${new URLSearchParams({ find: number })}` : where }, label);
}
