// The overview of an account: balance, actions, automatic recharge, cards, limits, settings.
import { ask } from "../page/api.js";
import { changeEmails, changeLimits, changeName, changePrices, changeZone, LIMITS, limitText } from "./changing.js";
import { failure, fill, h, note } from "../page/dom.js";
import { cents, count, date, decimal, micros, moment, money, plural, when } from "../page/format.js";
import { table } from "../page/list.js";
import * as moves from "./moves.js";
import { actButton, actions as buttons, bundleText, card, facts, pill, wordsOf, yesNo } from "./parts.js";
import * as settle from "./settling.js";

export function overview(account, _query, renew) {
	return h("div.grid",
		balance(account), actions(account, renew), recharge(account, renew), cards(account, renew),
		limits(account, renew), details(account, renew), lots(account, renew), issues(account));
}

function balance(account) {
	const { balance: { balance: posted, held, available, calls_in_progress: calls } } = account;
	const outcome = h("div", { role: "status" });
	const button = h("button", { onclick: prove }, "Prove the ledger now");
	return card("Balance",
		h("p.available", h("span", { class: `amount${micros(available) < 0n ? " below" : ""}` }, cents(available)), h("span", "available credit")),
		facts(["Balance", money(posted)], ["On hold", `${money(held)}${calls ? ` for ${plural(calls, "call")} in progress` : ""}`], ["Announce below", account.low_balance && money(account.low_balance)]),
		outcome, h("div.actions", button));

	async function prove() {
		button.disabled = true;
		fill(outcome, h("p.under-way", h("span.spinner", { "aria-hidden": "true" }), "Adding up every entry and asking Stripe."));
		try {
			fill(outcome, proof(await ask("GET", settle.pathOf(account, "proof"))));
		} catch (problem) {
			fill(outcome, failure(problem));
		}
		button.disabled = false;
	}
}

function proof({ proven, proven_at: at, entries, payments, balance: sum, differences }) {
	const what = `${plural(entries, "entry", "entries")}${payments === null ? "; Stripe is not set up" : ` and ${plural(payments, "payment")}`}`;
	if (proven) return note("good", "The ledger proves.", h("p", `${what} add up to ${money(sum)}, checked ${moment(at)}.`));
	return note("bad", `The ledger does not prove: ${plural(differences.length, "difference")}.`, h("ul", differences.map(({ text, object }) => h("li", `${text}${object ? ` (${object})` : ""}`))), h("p", "Tell the engineers; the runbook has the steps."));
}

function actions(account, renew) {
	const isClosed = account.status === "closed";
	const why = isClosed ? "The account is closed." : null;
	const freeze = account.frozen ? actButton("Unfreeze", () => settle.freeze(account, false, renew), { isForSupport: true }) : actButton("Freeze", () => settle.freeze(account, true, renew), { isForSupport: true, looks: "danger", why });
	return card("Actions",
		h("h3", "Credit"), buttons(actButton("Give or take credit", () => moves.adjust(account, renew), { looks: "main", why }), actButton("Transfer credit", () => moves.transfer({ from: account }, renew), { why: why ?? (account.frozen ? "The account is frozen." : null) })),
		h("h3", "Safety"), buttons(freeze, actButton("Withdraw links", () => settle.withdrawLinks(account, renew), { isForSupport: true }), actButton("End a sign-in", () => settle.signOut(account, null, renew), { isForSupport: true })),
		h("h3", "Records"), buttons(actButton("Export", () => settle.exportAccount(account, renew)), actButton("Erase a number", () => settle.eraseNumber(account, renew)), isClosed ? null : actButton("Close account", () => settle.close(account, renew), { looks: "danger" })));
}

const LOOKS = { active: "good", charging: "good", paused: "wait", suspended: "bad" };

function recharge(account, renew) {
	const rule = account.auto_recharge;
	const method = rule.payment_method && settle.cardText(rule.payment_method);
	const off = rule.switched_off;
	return card("Automatic recharge",
		h("p", pill(wordsOf(rule.status), LOOKS[rule.status]), rule.reason ? ` ${wordsOf(rule.reason)}` : null),
		rule.message ? h("p.hint", rule.message) : null,
		rule.next_attempt_at ? h("p.hint", `The next attempt is possible ${when(rule.next_attempt_at)}.`) : null,
		off ? h("p.hint", `Switched off by ${off.by} on ${moment(off.at)}: ${off.reason}`) : null,
		rule.amount === null ? h("p.hint", "No rule was ever set.") : facts(["Recharge", `${money(rule.amount)} below ${money(rule.threshold)}`], ["Card", method], ["Per hour", count(rule.hourly_count)], ["Daily limit", money(rule.daily_limit)], ["Monthly limit", money(rule.monthly_limit)]),
		rule.enabled ? buttons(actButton("Switch off", () => settle.switchOff(account, renew))) : null);
}

const CARDS = { ok: ["Usable", "good"], declined: ["Declined", "wait"], blocked: ["Blocked", "bad"] };

function cards(account, renew) {
	const all = account.cards ?? [];
	if (!all.length) return card("Cards", h("p.hint", "No card is used by the rule or the latest payments."));
	return card("Cards", table(["Card", "State", ""], all.map((one) => {
		const [words, looks] = CARDS[one.state] ?? [wordsOf(one.state), ""];
		const since = one.blocked_at ? `Since ${moment(one.blocked_at)}${one.blocked_reason ? `: ${wordsOf(one.blocked_reason).toLowerCase()}` : ""}` : one.retry_at ? `May be tried again ${when(one.retry_at)}` : null;
		return [h("span", settle.cardText(one), one.is_of_rule ? h("span.hint.block", "Used by automatic recharge") : null), h("span", pill(words, looks), since ? h("span.hint.block", since) : null),
			one.state === "blocked" ? actButton("Unblock", () => settle.unblock(account, one, renew), { name: `Unblock ${settle.cardText(one)}` }) : ""];
	})));
}

function limits(account, renew) {
	const { effective, operator, own } = account.limits;
	const shown = (name) => {
		const value = effective[name] ?? operator[name];
		const words = limitText(name, value);
		return own?.[name] === undefined ? words : h("span", words, h("span.hint.block", "Set by the customer"));
	};
	return card("Limits", facts(...Object.entries(LIMITS).map(([name, label]) => [label, shown(name)])), buttons(actButton("Change limits", () => changeLimits(account, renew))));
}

function details(account, renew) {
	return card("Account", facts(["Name", account.name], ["Created", account.created_at && date(account.created_at)], ["Time zone", account.time_zone], ["Billing e-mails", h("span.digits", account.billing_emails.join(", ") || "none")],
		["Price list", account.price_list ?? "none"], ["Markup on the deck", `${account.markup_percent} %`], ["Holds credit for calls", yesNo(account.admission)], ["Included minutes", bundleText(account.bundles)], ["Customer at Stripe", account.stripe?.customer_id && h("span.digits", account.stripe.customer_id)]),
	buttons(actButton("Change name", () => changeName(account, renew)), actButton("Change e-mails", () => changeEmails(account, renew)), actButton("Change time zone", () => changeZone(account, renew)), actButton("Change prices", () => changePrices(account, renew))));
}

/** Credit that was given on terms, the latest first. */
function lots(account, renew) {
	const all = account.lots ?? [];
	if (!all.length) return null;
	return h("section.card.across", { "aria-labelledby": "lots" }, h("h2", { id: "lots" }, "Granted credit"),
		table(["Given", "Kind", "#Amount", "#Used", "#Expired", "#Taken back", "#Left", "Expires", ""], all.map((lot) => [
			h("span", moment(lot.granted_at), h("span.hint.block.digits", lot.id)), wordsOf(lot.kind), money(lot.amount), money(lot.used), money(lot.expired), money(lot.taken_back), money(lot.left), lot.expires_at ? moment(lot.expires_at) : "Never",
			micros(lot.left) > 0n ? actButton("Take back", () => moves.takeBack(account, lot, renew), { name: `Take back ${money(lot.left)} of the grant of ${money(lot.amount)}` }) : null])));
}

function issues(account) {
	if (!account.issues?.length) return null;
	return h("section.card.across", { "aria-labelledby": "issues" }, h("h2", { id: "issues" }, "Payment issues"),
		table(["Recorded", "Issue", "Object", "Details"], account.issues.map(({ recorded_at: at, code, object_id: object, details: more }) => [moment(at), wordsOf(code), h("span.digits", object), h("span.digits", more)])));
}
