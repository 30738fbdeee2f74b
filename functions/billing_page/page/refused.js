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
	const open = []; // The shown calls whose country can be confirmed, each with its place.
	growing(place, async (cursor) => {
		const found = await ask("GET", "/denied-calls", { query: { cursor } });
		return { ...found, names: await named };
	}, (items, page) => show(items, page, isAdmin && open), 6);
	return settingsView(t("title"), t("lead"), isAdmin ? null : memberNote(t("readOnly")), h("div.card", copyBare(place)));
}

/** The list; `open` is false for those who cannot change anything. */
function show(items, { not_listed: notListed, names }, open) {
	if (open) open.length = 0;
	return [
		items.length ? table([t("time"), t("to"), t("from"), t("reason")], items.map((one) => [moment(one.at), h("span.digits", spaced(one.to)), from(one, names), why(one, names, open)]), { looks: "refused", caption: t("title") }) : note("good", t("none")),
		notListed.length ? note("wait", t("notListed"), h("ul", notListed.map(({ date, calls }) => h("li", t("moreCalls", { day: longDay(date), count: calls }))))) : null,
	];
}

function from({ line_id: line, user }, names) {
	return h("span", h("span.digits", line ? spaced(names.number(line)) : ""), user ? h("bdi.hint.block", user.name ?? user.id) : null);
}

function why(one, names, open) {
	const { reason, line_id: line, country } = one;
	const isKnown = `reason_${reason}` in words;
	const text = h("strong.block", isKnown ? t(`reason_${reason}`) : reason.replaceAll("_", " "));
	if (one.country_known) return h("span", text, confirmedWords(country));
	if (reason === "first_country_cap" && country && open) return h("span", text, confirmation(one, open));
	return h("span", text, isKnown ? remedy(reason, line && names.number(line), open) : null);
}

const confirmedWords = (country) => h("span.block", { tabindex: "-1" }, t("confirmed", { country: countryName(country) }));

/** What to do, as a link where the user can do it. */
function remedy(reason, number, isAdmin) {
	const label = t(`remedy_${reason}`);
	const where = REMEDIES[reason];
	const asks = BUDGETS.includes(reason) && !isAdmin; // Any user may ask for more.
	if (where === PROVIDER) return h("span.block", label, " ", providerLink());
	if (!where || !(isAdmin || asks)) return h("span.block", label);
	return h("a.block", { href: where === "#/lines" && number ? `${where}?${new URLSearchParams({ find: number })}` : where }, asks ? t("ask_budget") : label);
}

/** A button by which an admin confirms a country, and its outcome, which all calls to the country show. */
function confirmation(one, open) {
	const { country } = one;
	const name = countryName(country);
	const place = h("span.block");
	const button = h("button", { onclick: confirm }, t("confirm", { country: name }));
	open.push([one, place]);
	return fill(place, button);

	async function confirm() {
		if (!(await confirmed(t("confirmTitle", { country: name }), t("confirmWords"), t("confirm", { country: name }), "main"))) return;
		button.disabled = true;
		try {
			await ask("POST", `/countries/${encodeURIComponent(country)}/confirm`);
			for (const [other, shown] of open.filter(([{ country: called }]) => called === country)) {
				other.country_known = true;
				fill(shown, confirmedWords(country));
			}
			place.firstChild.focus();
			say(place.textContent);
		} catch (problem) {
			button.disabled = false;
			fill(place, button, failure(problem));
		}
	}
}
