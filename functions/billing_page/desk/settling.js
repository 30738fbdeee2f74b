// Actions that move no money: freezing, cards, links, sign-ins, mails, exports, erasure, closing.
import { act } from "./act.js";
import { ask, Problem } from "../page/api.js";
import { h } from "../page/dom.js";
import { cardName, moment, money, plural } from "../page/format.js";
import { apiPath } from "./parts.js";
import { paidFor } from "../page/tax.js";

const REASON = { name: "reason", label: "Reason", hint: "Kept in the activity." };

export const pathOf = ({ account_id: id }, ...parts) => apiPath(id, ...parts);
export const cardText = (card) => (card?.brand ? cardName(card) : "a card");

export function freeze(account, isFrozen, renew) {
	act({
		title: isFrozen ? "Freeze this account?" : "Unfreeze this account?",
		lead: isFrozen ? "International calls stop connecting and no card is charged until someone unfreezes the account." : "International calls connect and automatic recharge works again.",
		id: `frozen:${account.account_id}:${isFrozen}`,
		isDanger: isFrozen,
		summary: () => [["Account", account.account_id], ["State after", isFrozen ? "Frozen" : "Open", "result"]],
		button: () => (isFrozen ? "Freeze" : "Unfreeze"),
		send: () => ({ method: "PUT", path: pathOf(account), body: { frozen: isFrozen } }),
		done: () => (isFrozen ? "The account is frozen." : "The account is open again."),
		after: renew,
	});
}

export function withdrawLinks(account, renew) {
	act({
		title: "Withdraw links",
		lead: "Every link in the mails of this account stops working, for example after a mailbox was read by others.",
		id: `links:${account.account_id}`,
		summary: () => [["Account", account.account_id], ["Links", "All links sent so far", "result"]],
		button: () => "Withdraw all links",
		send: () => ({ path: pathOf(account, "links", "withdraw") }),
		done: ({ withdrawn }) => `${plural(withdrawn, "link")} withdrawn.`,
		after: renew,
	});
}

/** End the sign-ins of a user; `subject` is the id that the activity shows, or null: then the form asks. */
export function signOut(account, subject, renew) {
	const idOf = ({ user }) => subject?.id ?? user;
	act({
		title: "End a sign-in",
		lead: "The person is signed out everywhere and can no longer spend. They can sign in again unless their sign-in is disabled.",
		id: `sign-out:${account.account_id}:${subject?.id ?? ""}`,
		isDanger: true,
		fields: subject ? [] : [{ name: "user", label: "Id of the sign-in", hint: "As the activity of the account shows it.", check: (typed) => (/^[\w-]{1,64}$/.test(typed) ? null : "Enter the id of a sign-in.") }],
		summary: (values) => [["Account", account.account_id], ["Sign-in", subject?.name ?? idOf(values)], ["Afterwards", "Signed out everywhere", "result"]],
		button: () => "Sign out",
		send: (values) => ({ path: pathOf(account, "users", idOf(values), "sign-out") }),
		done: () => "Signed out.",
		after: renew,
	});
}

export function switchOff(account, renew) {
	act({
		title: "Switch automatic recharge off",
		lead: "Only the customer can switch it on again.",
		id: `recharge:${account.account_id}`,
		fields: [REASON],
		summary: ({ reason }) => [["Rule", `${money(account.auto_recharge.amount)} below ${money(account.auto_recharge.threshold)}`], ["Reason", reason], ["State after", "Off", "result"]],
		button: () => "Switch off",
		send: ({ reason }) => ({ method: "PUT", path: pathOf(account, "auto-recharge"), body: { enabled: false, reason } }),
		done: ({ in_flight: open }) => (open ? `Switched off. A payment of ${money(paidFor(open))} was already in progress; the card may still be charged for it.` : "Switched off."),
		after: renew,
	});
}

export function unblock(account, card, renew) {
	act({
		title: "Unblock a card",
		lead: "The card was disputed or reported as stolen. Unblock it only if the bank withdrew that.",
		id: `unblock:${account.account_id}:${card.payment_method_id}`,
		fields: [REASON],
		summary: ({ reason }) => [["Card", cardText(card)], ["Reason", reason], ["State after", "Usable by every account", "result"]],
		button: () => `Unblock ${cardText(card)}`,
		send: ({ reason }) => ({ path: pathOf(account, "cards", "unblock"), body: { payment_method_id: card.payment_method_id, reason } }),
		done: ({ auto_recharge_resumes: resumes }) => (resumes ? "The card is usable, and automatic recharge resumes." : "The card is usable."),
		after: renew,
	});
}

export async function close(account, renew) {
	let report = null;
	act({
		title: "Close this account",
		lead: "Calls no longer connect and no card is charged. Finished calls are still charged. An account is never deleted.",
		id: `close:${account.account_id}`,
		isDanger: true,
		fields: [REASON],
		async summary({ reason }) {
			report = await ask("GET", pathOf(account, "close"));
			if (!report.can_close) {
				const open = report.open_payments.map((payment) => `${money(paidFor(payment))} of ${moment(payment.created_at)}`).join(", ");
				throw new Problem(409, "payments_in_flight", "The account cannot be closed now.", open ? `Payments are still open: ${open}. Wait until they end.` : "Try again in a few minutes.");
			}
			return [["Account", account.account_id], ["Balance that remains", money(report.balance)], ["Held for calls in progress", `${money(report.held)} (${plural(report.calls_in_progress, "call")})`], ["Automatic recharge", report.auto_recharge_enabled ? "On, ends with the account" : "Off"], ["Reason", reason], ["State after", "Closed", "result"]];
		},
		button: () => "Close account",
		send: ({ reason }) => ({ path: pathOf(account, "close"), body: { reason, ...(report && { balance: report.balance }) } }),
		done: ({ balance }) => `The account is closed with a balance of ${money(balance)}.`,
		after: renew,
	});
}

export function exportAccount(account, renew) {
	const day = (typed) => (/^2\d{3}-\d{2}-\d{2}$/.test(typed) ? null : "Enter a day such as 2026-11-01.");
	const body = ({ from, to, reason }) => ({ reason, ...(from && { from }), ...(to && { to }) });
	act({
		title: "Export this account",
		lead: "Writes settings, billing details, granted credit, entries, calls, payments, receipts, and credit notes as JSON and CSV into a zip file. The link to it is valid for an hour.",
		id: `export:${account.account_id}`,
		fields: [{ name: "from", label: "From", kind: "day", isOptional: true, check: day, hint: "Empty: from the beginning" }, { name: "to", label: "To", kind: "day", isOptional: true, check: day, hint: "Empty: until today" }, REASON],
		summary: ({ from, to, reason }) => [["Account", account.account_id], ["Days", `${from ?? "beginning"} to ${to ?? "today"}`], ["Reason", reason]],
		button: () => "Export",
		send: (values) => ({ path: pathOf(account, "exports"), body: body(values) }),
		done: ({ url, entries, calls, expires_at: until, is_complete: isAll, continue_from: next }) => h("span", `${plural(entries, "entry", "entries")} and ${plural(calls, "call")}. `, h("a", { href: url, rel: "noopener noreferrer", download: "" }, "Download"), ` until ${moment(until)}.`,
			isAll === false && next ? ` The rest begins on ${next}: export again from there.` : null),
		after: renew,
	});
}

export function eraseNumber(account, renew) {
	act({
		title: "Erase a number",
		lead: "Masks a phone number in calls, changes, and indexes of this account. This cannot be undone.",
		id: `erase:${account.account_id}`,
		isDanger: true,
		fields: [{ name: "number", label: "Phone number", hint: "With country code, such as +442071838750", check: (typed) => (/^\+[1-9]\d{3,14}$/.test(typed.replace(/[\s()-]/g, "")) ? null : "Enter a number with its country code, such as +442071838750.") }],
		summary: ({ number }) => [["Account", account.account_id], ["Number", number.replace(/[\s()-]/g, "")], ["Afterwards", "Masked for good", "result"]],
		button: () => "Erase for good",
		send: ({ number }) => ({ path: pathOf(account, "numbers", "erase"), body: { number: number.replace(/[\s()-]/g, "") } }),
		done: ({ erased, number: shown, lines, archive }) => `${plural(erased, "record")} now show ${shown}.${lines.length ? ` Lines that still have it: ${lines.join(", ")}.` : ""} Archived call reports keep it until they expire; this lists them: ${archive}`,
		after: renew,
	});
}

export function resend(account, mail, renew) {
	act({
		title: "Send this mail again",
		lead: "The same words go to the same address.",
		id: `mail:${account.account_id}:${mail.mail_id}`,
		summary: () => [["Mail", mail.subject], ["First sent", moment(mail.at)], ["To", mail.address, "result"]],
		button: () => "Send again",
		send: () => ({ path: pathOf(account, "mails", mail.mail_id, "resend") }),
		done: ({ address }) => `Sent to ${address}.`,
		after: renew,
	});
}

export function confirmCountry(account, { country, to }, renew) {
	act({
		title: "Confirm this country",
		lead: "The account rarely calls this country. Confirm that the company makes these calls, and their cost is no longer capped a day.",
		id: `country:${account.account_id}:${country}`,
		summary: () => [["Country", country], ["Refused call", to], ["From now on", "Not capped", "result"]],
		button: () => `Confirm ${country}`,
		send: () => ({ path: pathOf(account, "countries", country, "confirm") }),
		done: () => `${country} is confirmed.`,
		after: renew,
	});
}

export function confirmCall(account, call, renew) {
	act({
		title: "Confirm this call",
		lead: "The recorded duration is hard to believe. Confirm that it is right, and the call counts toward automatic recharge.",
		id: `confirm:${account.account_id}:${call.call_key}`,
		summary: () => [["Call", `${call.event?.to ?? call.call_key}, ${moment(call.started_at)}`], ["Charge", money(call.price), "result"]],
		button: () => "Confirm the call",
		send: () => ({ path: pathOf(account, "calls", call.call_key, "confirm") }),
		done: () => "The call is confirmed.",
		after: renew,
	});
}
