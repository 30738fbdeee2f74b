// Automatic recharge: its state and its switch. The form of the rule is loaded when it is opened.
import { account, isStopped, loadMethods, onAccount } from "./account.js";
import { ask } from "./api.js";
import { added, draft, keepDraft } from "./cards.js";
import { reasonWords } from "./codes.js";
import { confirmed, failure, fill, h, load, note, say } from "./dom.js";
import { cardName, decimal, micros, money, when } from "./format.js";
import { toggle } from "./list.js";
import { paidFor, totalOf, withTax } from "./tax.js";
import { translator } from "./words.js";
import recharge from "messages/recharge";

const t = translator(recharge);
const FORM = "recharge";

export const simulate = (body) => ask("POST", "/auto-recharge/simulate", { body });
/** What saving charges: its first payment `{amount, first, payment_method}`, and with the payments that follow at once, the credit
 * `net` and the `total` that the card pays; or null. */
export function chargeOf({ charges_now: now, charged_at_once: net }) {
	return now && { ...now, first: paidFor(now), net, total: decimal((micros(net) * micros(paidFor(now))) / micros(now.amount)) };
}
/** The tax in a charge, in words, or null. */
export const taxWords = ({ net, total }) => (micros(net) === micros(total) ? null : t("taxIncluded", { net: money(net), tax: money(decimal(micros(total) - micros(net))) }));
export const saveRule = (body, charge) => ask("PATCH", "/auto-recharge", { body: { ...body, ...(charge && { accept_charge: charge.amount }) } });
export const focusSwitch = () => document.getElementById("recharge-switch").focus();

/** Open the form of the rule on the page. */
export const openRule = () => document.dispatchEvent(new Event("rule-opened"));

export function rechargeCard(isAdmin) {
	const [place, button, alert, form] = [h("div"), h("div"), h("div", { role: "alert" }), h("div")];
	const change = h("button", { onclick: () => open() }, t("change"));
	const card = h("section.card.recharge", { "aria-labelledby": "recharge-title" }, h("div.card-head", h("h2", { id: "recharge-title" }, t("title")), button), place, alert, form);
	document.addEventListener("rule-opened", () => { if (card.isConnected && isAdmin && form.hidden) open(); });
	let shown = "";
	form.hidden = true;
	if (isAdmin && draft(FORM).open) open();
	show();
	return onAccount(card, show);

	function show() {
		const { auto_recharge: rule, billing_contacts: contacts } = account.overview;
		const link = isAdmin && rule.reason === "authentication_required" ? waitingLink() : null;
		const state = JSON.stringify([rule, link, isStopped()]);
		if (state === shown) return;
		shown = state;
		const isSwitchFocused = button.contains(document.activeElement);
		const isOff = !isAdmin || (isStopped() && !rule.enabled);
		fill(button, toggle(rule.enabled, { id: "recharge-switch", disabled: isOff, "aria-labelledby": "recharge-title" }, alert, switched));
		if (isSwitchFocused) focusSwitch();
		change.hidden = rule.amount === null || isStopped() || !form.hidden;
		fill(place, stateOf(rule, link), isAdmin ? h("div.actions", { hidden: change.hidden }, change) : h("p.hint", contacts.length ? t("onlyAdminsAsk", { contacts: contacts.join(", ") }) : t("onlyAdmins")));
	}
	/** The switch shows what the server says: without a rule, turning it on only opens the form. */
	async function switched(isOn) {
		const { auto_recharge: seen } = account.overview;
		if (isOn && seen.amount === null) {
			open();
			return false;
		}
		const charge = isOn ? await accepted(seen) : null;
		if (charge === undefined) return false;
		const { in_flight: flight, enabled } = await saveRule({ enabled: isOn, ...charge?.version }, charge?.now);
		say(isOn ? t("isOn") : t("isOff"));
		fill(alert, flight && note("wait", t("inFlight", { amount: money(paidFor(flight)) }), h("p", t("mayStillCharge"))));
		if (!form.hidden) open();
		document.dispatchEvent(new Event("account-changed"));
		return enabled;
	}
	async function open(message) {
		form.hidden = false;
		change.closest(".actions")?.setAttribute("hidden", "");
		keepDraft(FORM, { ...draft(FORM), open: true });
		fill(alert, message);
		const close = () => {
			form.hidden = true;
			fill(form);
			keepDraft(FORM, {});
			shown = "";
			show();
		};
		await load(form, gather, ({ views, rule, saved }) => views.ruleForm(rule, saved, { reopen: open, close }), 4);
	}
}

async function gather() {
	const [views, rule, saved] = await Promise.all([import("./views.js"), ask("GET", "/auto-recharge"), account.methods ?? loadMethods()]);
	return { views, rule, saved };
}

/** The version and the charge that the user accepted, `{version, now}`; undefined if they canceled, or if others changed the rule
 * that they saw. */
async function accepted(seen) {
	const rule = await ask("GET", "/auto-recharge");
	const isSame = ["amount", "threshold"].every((name) => rule[name] === seen[name]) && rule.payment_method?.last4 === seen.payment_method?.last4;
	if (!isSame) {
		document.dispatchEvent(new Event("account-changed"));
		throw Object.assign(new Error("changed"), { title: "", detail: t("changedMeanwhile") });
	}
	const now = chargeOf(await simulate({}));
	if (!now) return { version: { version: rule.version }, now: null };
	const values = { card: cardName(now.payment_method), amount: money(now.total) };
	const words = [t("belowNow", { threshold: money(rule.threshold), ...values }), taxWords(now)].filter(Boolean).join(" ");
	return (await confirmed(t("turnOnTitle"), words, t("turnOnAndCharge", values), "main")) ? { version: { version: rule.version }, now } : undefined;
}

function waitingLink() {
	return (account.topUps ?? []).find(({ kind, status }) => kind === "automatic" && status === "requires_action")?.next_action_url ?? null;
}

/** What each charge takes, with its tax, and how much a day. */
export function stepWords(amount, limit) {
	const taxed = withTax(amount);
	const steps = t("steps", { amount: money(totalOf(amount)), limit: money(limit) });
	return taxed ? `${steps} ${t("taxOfEach", { total: money(taxed.total), tax: money(taxed.tax) })}` : steps;
}

function ruleWords({ amount, threshold, payment_method: card, daily_limit: limit }, isOff = false) {
	const values = { amount: money(amount), threshold: money(threshold), card: card ? cardName(card) : "" };
	const words = !card ? t("adds", values) : isOff ? t("offWithRule", values) : t("addsWith", values);
	return limit ? `${words} ${stepWords(amount, limit)}` : words;
}

function stateOf(rule, link) {
	if (rule.status === "disabled") return h("p.state", rule.amount ? ruleWords(rule, true) : t("offWithoutRule"));
	if (rule.status === "active") return note("good", null, h("p", ruleWords(rule)));
	if (rule.status === "charging") return note("plain", null, h("p", t("charging")));
	const next = rule.next_attempt_at && h("p", t("nextAttempt", { when: when(rule.next_attempt_at) }));
	const [title, ...rest] = reasonWords(rule).split(/(?<=\.) /);
	return note(rule.status === "suspended" ? "bad" : "wait", title, rest.length ? h("p", rest.join(" ")) : null, next,
		link ? h("p", h("a.button.main", { href: link }, t("confirmPayment"))) : null);
}

/** The method just added from the form of the rule, or null. */
export const addedForRule = (saved) => added(FORM, saved);
