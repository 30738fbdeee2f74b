// Recorded changes in words.
import { placeName } from "./countries.js";
import { cardName, count, duration, moment, money } from "./format.js";
import { spaced } from "./numbers.js";
import { translator } from "./words.js";
import words from "messages/activity";

const t = translator(words);

const MONEY = ["threshold", "amount", "daily_limit", "monthly_limit", "daily_spend", "call_price", "high_cost", "daily_top_up", "first_country_cap", "young_money_cap", "low_balance", "price", "balance", "reversed", "budget", "line", "user"];
const COUNTS = ["simultaneous_calls", "hourly_count", "links"];
const SWITCHES = ["enabled", "international_calling"];
const PLACES = ["blocked", "countries", "high_cost_allowed"];
const INSTANTS = ["started_at", "closes_at", "prices_from", "expires_at"];
const LANGUAGES = ["languages", "waiting_emails"];
const CODES = ["status", "suspended", "budget_at", "kind"];
/** What is of use only to staff, or is told in another way. */
const HIDDEN = ["id", "run", "refund_id", "counted", "suspended_by", "type", "brand", "last4", "until", "customer", "override", "code", "entries", "calls", "from", "to", "frozen", "confirmed", "version", "changes", "more", "request_id", "line_id", "increases"];

export const actionWords = ({ action, subject }) => {
	if (subject === "operator_limits") return t("providersLimits");
	return `action_${action}` in words ? t(`action_${action}`) : action.replaceAll("_", " ");
};

/** Who made a change. */
export const actorWords = ({ kind, name }) => (kind === "user" && name && name !== "User" ? name : `by_${kind}` in words ? t(`by_${kind}`) : name);

/** What was changed, if the action does not say it: the number of a line, the name of a user. */
export function subjectWords(subject, names) {
	const [kind, id] = subject.split(/:(.*)/);
	if (kind === "line") return t("ofLine", { number: spaced(names.number(id)) });
	if (kind === "country") return placeName(id);
	if (kind === "promotion") return id;
	return kind === "user" ? names.person(id) : null;
}

/** Each field that changed, in words: "Price per call: from $25.00 to $10.00". */
export function differenceWords(old, now, names) {
	const fields = [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])].filter((name) => !HIDDEN.includes(name));
	const rows = fields.map((name) => fieldWords(name, old?.[name], now?.[name], names));
	return now?.brand && now.last4 ? [t("value", { field: t("field_payment_method"), value: cardName(now) }), ...rows.filter((row) => row !== null)] : rows.filter((row) => row !== null);
}

function fieldWords(name, before, after, names) {
	if (name === "blocked" && [before, after].some((value) => typeof value === "boolean")) return null; // The action says that a card was blocked.
	const field = `field_${name}` in words ? t(`field_${name}`) : name.replaceAll("_", " ");
	const [old, now] = [before, after].map((value) => valueWords(name, value, names));
	if (isEmpty(before) && isEmpty(after)) return null;
	if (before === undefined || (isEmpty(before) && !SWITCHES.includes(name))) return t("value", { field, value: now });
	if (after === undefined) return t("value", { field, value: old });
	return t("change", { field, old, new: now });
}

const isEmpty = (value) => value === null || value === undefined;

function valueWords(name, value, names) {
	if (isEmpty(value) || (Array.isArray(value) && !value.length)) return t("nothing");
	if (MONEY.includes(name)) return money(value);
	if (SWITCHES.includes(name)) return t(value ? "on" : "off");
	if (PLACES.includes(name)) return value.map(placeName).join(", ");
	if (COUNTS.includes(name)) return count(value);
	if (INSTANTS.includes(name)) return moment(value);
	if (CODES.includes(name)) return `code_${value}` in words ? t(`code_${value}`) : value.replaceAll("_", " ");
	return plainWords(name, value, names);
}

function plainWords(name, value, names) {
	if (name === "payment_method") return value.last4 ? cardName(value) : t("aCard");
	if (name === "duration_seconds") return duration(value);
	if (name === "number") return spaced(value);
	if (name === "bundles") return value.map(({ name: places, minutes }) => t("minutesTo", { name: places, minutes: count(minutes) })).join(", ");
	if (name === "user_id") return names.person(value);
	if (LANGUAGES.includes(name)) return value.map(({ address, language }) => t("inLanguage", { address, language: t(`language_${language}`) })).join(", ");
	if (typeof value === "boolean") return t(value ? "yes" : "no");
	if (Array.isArray(value)) return value.join(", ");
	return typeof value === "object" ? Object.values(value).filter(Boolean).join(", ") : String(value);
}
