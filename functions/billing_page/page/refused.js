// The calls of the last 30 days that were not connected: why, and what to do.
import { ask } from "./api.js";
import { countryName } from "./countries.js";
import { confirmed, failure, fill, h, note, say } from "./dom.js";
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
const BUDGETS = ["line_budget", "user_budget"];
const REMEDIES = {
	unknown_number: PROVIDER, number_ambiguous: PROVIDER, unknown_account: PROVIDER, account_closed: PROVIDER, account_frozen: PROVIDER, unknown_line: PROVIDER, destination_unrated: PROVIDER,
	international_calling_off: "#/lines", insufficient_credit: "#/", recharging: "#/",
	destination_blocked: LIMITS, high_cost_destination: LIMITS, line_budget: "#/lines", user_budget: "#/lines", young_money_cap: PROVIDER, simultaneous_calls_limit: LIMITS, call_price_limit: LIMITS, daily_spend_limit: LIMITS,
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

function why({ reason, line_id: line, country }, names, isAdmin) {
	const isKnown = `reason_${reason}` in words;
	if (reason === "first_country_cap" && country && isAdmin) return h("span", h("strong.block", t("reason_first_country_cap")), confirmation(country));
	return h("span", h("strong.block", isKnown ? t(`reason_${reason}`) : reason.replaceAll("_", " ")), isKnown ? remedy(reason, line && names.number(line), isAdmin) : null);
}

/** What to do, as a link where the user can do it. */
function remedy(reason, number, isAdmin) {
	const label = t(`remedy_${reason}`);
	const where = REMEDIES[reason];
	const asks = BUDGETS.includes(reason) && !isAdmin; // Any user may ask for more.
	if (where === PROVIDER) return h("span.block", label, " ", providerLink());
	if (!where || !(isAdmin || asks)) return h("span.block", label);
	return h("a.block", { href: where === "#/lines" && number ? `${where}?${new URLSearchParams({ find: number })}` : where }, asks ? t("ask_budget") : label);
}

/** A button by which an admin confirms a country, and its outcome. */
function confirmation(country) {
	const name = countryName(country);
	const place = h("span.block");
	const button = h("button", { onclick: confirm }, t("confirm", { country: name }));
	return fill(place, button);

	async function confirm() {
		if (!(await confirmed(t("confirmTitle", { country: name }), t("confirmWords"), t("confirm", { country: name }), "main"))) return;
		button.disabled = true;
		try {
			await ask("POST", `/countries/${encodeURIComponent(country)}/confirm`);
			const done = h("span", { tabindex: "-1" }, t("confirmed", { country: name }));
			fill(place, done);
			done.focus();
			say(done.textContent);
		} catch (problem) {
			button.disabled = false;
			fill(place, button, failure(problem));
		}
	}
}
