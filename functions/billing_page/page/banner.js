// The account banner: the one thing that matters most now, with what can be done about it.
import { account, isStopped, onAccount } from "./account.js";
import { reasonWords } from "./codes.js";
import { isNewAccount } from "./checklist.js";
import { fill, goTo, h, note } from "./dom.js";
import { cardName, cents, decimal, longDay, micros, money, shifted, today, when } from "./format.js";
import { prefill } from "./funds.js";
import { settings } from "./settings.js";
import { switchOnButton } from "./switch_on.js";
import { translator } from "./words.js";
import billing from "messages/billing";

const t = translator(billing);
const LOW_DAYS = 3;
const QUIET_REASONS = ["no_call_since", "card_busy"]; // They end by themselves within minutes.
const CENT = 10_000n;

/** The banner; empty if there is nothing to say. */
export function accountBanner(isAdmin) {
	const place = h("div.account-banner", { role: "status" });
	let shown = "";
	const show = () => {
		const found = mostImportant(isAdmin);
		place.hidden = !found;
		const state = JSON.stringify(found && [found.title, found.words, found.key]);
		if (state === shown) return;
		shown = state;
		fill(place, found && note(found.kind ?? "bad", found.title, found.words?.map((words) => h("p", words)), found.actions?.length ? h("div.actions", found.actions) : null));
	};
	show();
	return onAccount(place, show);
}

function mostImportant(isAdmin) {
	const { overview } = account;
	const checks = [closed, frozen, below, linesOff, rulePaused, cardTrouble, lowCredit];
	for (const check of checks) {
		const found = check(overview, isAdmin);
		if (found) return isAdmin || isStopped() ? found : { ...found, actions: [], words: [...found.words, whomToAsk(overview)] };
	}
	return null;
}

/** Members see whom to ask. */
function whomToAsk({ billing_contacts: contacts }) {
	return contacts.length ? t("askContacts", { contacts: contacts.join(", ") }) : t("askAdmin");
}

const provider = () => (settings.brand.help ? [h("a.button", { href: settings.brand.help, target: "_blank", rel: "noopener noreferrer" }, t("contactProvider"))] : []);

function closed({ status }) {
	return status === "closed" && { title: t("closed"), words: [t("closedWords")], actions: provider() };
}

function frozen({ frozen: isFrozen }) {
	return isFrozen && { title: t("frozen"), words: [t("frozenWords")], actions: provider() };
}

/** What brings the balance to zero, in steps of the largest payment. */
function below({ available, amount_needed: needed }) {
	if (micros(available) >= 0n || !needed) return null;
	const amount = (micros(needed) + CENT - 1n) / CENT * CENT;
	const step = nextStep(amount);
	const words = [t("belowWords", { amount: money(decimal(amount)) })];
	if (step.more > 1) words.push(t("belowSteps", { count: step.more, maximum: money(step.maximum) }));
	return { title: t("below", { available: cents(available) }), words, key: step.amount, actions: [h("button.main", { onclick: () => prefill(step.amount) }, t("addAmount", { amount: money(step.amount) }))] };
}

function linesOff({ lines }, isAdmin) {
	if (!lines.total || lines.enabled || (isAdmin && isNewAccount())) return null;
	return { kind: "wait", title: t("linesOff"), words: [t("linesOffWords", { count: lines.total })], actions: [switchOnButton(), h("a.button", { href: "#/lines" }, t("chooseLines"))] };
}

function rulePaused({ auto_recharge: rule }) {
	if (!rule.enabled || !["paused", "suspended"].includes(rule.status) || QUIET_REASONS.includes(rule.reason)) return null;
	const words = [ruleReason(rule), rule.next_attempt_at && t("nextAttempt", { when: when(rule.next_attempt_at) })].filter(Boolean);
	const isHard = rule.status === "suspended";
	return { kind: isHard ? "bad" : "wait", title: t("rulePaused"), words, actions: [h("button", { onclick: () => goTo("recharge-title") }, t("showRule"))] };
}

/** Why the rule does not charge, without "Paused:". */
function ruleReason(rule) {
	const words = reasonWords(rule).replace(/^[^.]*?\s?:\s/, "");
	return words.replace(/^./, (letter) => letter.toUpperCase());
}

/** The card of the rule, else the default: what it will soon, or can no longer pay. */
function cardTrouble({ auto_recharge: rule }, isAdmin) {
	const methods = (isAdmin && account.methods) || [];
	const used = methods.find(({ used_by_rule: isUsed }) => isUsed && rule.enabled) ?? methods.find(({ default: isDefault }) => isDefault);
	if (!used || !["blocked", "expired", "declined", "expiring"].includes(used.state)) return null;
	return { kind: used.state === "expiring" ? "wait" : "bad", title: t(`card_${used.state}`, { card: cardName(used) }), words: [t(used.used_by_rule ? "cardOfRule" : "cardForPayments")],
		actions: [h("button", { onclick: () => goTo("methods-title") }, t("showMethods"))] };
}

function lowCredit({ available, forecast, auto_recharge: rule }, isAdmin) {
	const { lasts_until: until, daily_spend: spend } = forecast;
	if (!until || forecast.recharges || rule.enabled || micros(available) <= 0n || until > shifted(today(), LOW_DAYS - 1) || (isAdmin && isNewAccount())) return null;
	return { kind: "wait", title: t("low", { day: longDay(until) }), words: [t("lowWords", { spend: cents(spend) })],
		actions: [h("button", { onclick: () => prefill(null) }, t("addFunds")), h("button", { onclick: () => goTo("recharge-title") }, t("showRule"))] };
}

/** The next payment of several that add up to an amount: `{amount, more}`, more being how many there are. */
function nextStep(amount) {
	const [minimum, maximum] = [micros(settings.minimum), micros(settings.maximum)];
	const more = Number((amount + maximum - 1n) / maximum);
	const rest = amount > maximum ? maximum : amount < minimum ? minimum : amount;
	return { amount: decimal(rest), more, maximum: decimal(maximum) };
}
