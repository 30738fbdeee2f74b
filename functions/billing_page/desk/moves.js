// Actions that move money: adjustments, goodwill, corrections, refunds, transfers.
import { act } from "./act.js";
import { ask, Problem } from "../page/api.js";
import { h } from "../page/dom.js";
import { decimal, duration, longDay, micros, moment, money } from "../page/format.js";
import { apiPath } from "./parts.js";
import { cardText } from "./settling.js";
import { isTaxed, paidFor } from "../page/tax.js";

const REASON = { name: "reason", label: "Reason", hint: "The customer may see it in the statement." };

const after = (balance, change) => money(decimal(micros(balance) + change));

const KINDS = { "": "Like bought credit", granted: "Granted", promotional: "Promotional" };

/** The terms of given credit; credit that expires is kept apart as granted unless it is promotional. */
function termsOf({ direction, kind, expires_at: day }) {
	if (direction === "take") return {};
	return { ...((kind || day) && { kind: kind || "granted" }), ...(day && { expires_at: day }) };
}

export function adjust(account, renew) {
	const { account_id: id, balance } = account;
	const change = ({ direction, amount }) => (direction === "take" ? -micros(amount) : micros(amount));
	act({
		title: "Give or take credit",
		id: `adjust:${id}`,
		fields: [{ name: "direction", label: "What to do", kind: "choice", options: [["give", "Give credit"], ["take", "Take credit"]] }, { name: "amount", label: "Amount", kind: "amount", places: 4 }, REASON,
			{ name: "kind", label: "Kind of given credit", kind: "choice", options: Object.entries(KINDS), hint: "Calls use granted and promotional credit before bought credit. Transfers never take it." },
			{ name: "expires_at", label: "Given credit expires after", kind: "day", isOptional: true, hint: "Empty: never. The last moment of this day in UTC is meant." }],
		summary: (values) => [["Account", id], [values.direction === "take" ? "Credit taken" : "Credit given", money(values.amount)], ...Object.entries(termsOf(values)).map(([name, value]) => (name === "kind" ? ["Kind", KINDS[value]] : ["Expires after", longDay(value)])), ["Balance now", money(balance.balance)], ["Reason", values.reason], ["Balance after", after(balance.balance, change(values)), "result"]],
		button: ({ direction, amount }) => `${direction === "take" ? "Take" : "Give"} ${money(amount)}`,
		send: (values) => ({ path: apiPath(id, "adjustments"), body: { amount: decimal(change(values)), reason: values.reason, ...termsOf(values) } }),
		done: ({ balance: now }, { direction, amount }) => `${money(amount)} ${direction === "take" ? "taken" : "given"}. The balance is ${money(now)}.`,
		after: renew,
	});
}

/** Take back what calls have left of a grant, so that it does not expire later. */
export function takeBack(account, lot, renew) {
	const { account_id: id, balance } = account;
	act({
		title: "Take granted credit back",
		lead: "Takes back credit that was given by mistake. It then no longer expires.",
		id: `take-back:${id}:${lot.id}`,
		fields: [{ name: "amount", label: "Amount", kind: "amount", places: 4, value: lot.left, most: lot.left, hint: `At most ${money(lot.left)}` }, REASON],
		summary: (values) => [["Account", id], ["Given", moment(lot.granted_at)], ["Credit taken back", money(values.amount)], ["Reason", values.reason], ["Balance after", after(balance.balance, -micros(values.amount)), "result"]],
		button: ({ amount }) => `Take ${money(amount)} back`,
		send: ({ amount, reason }) => ({ path: apiPath(id, "adjustments"), body: { amount: decimal(-micros(amount)), reason, lot_id: lot.id } }),
		done: ({ balance: now }, { amount }) => `${money(amount)} taken back. The balance is ${money(now)}.`,
		after: renew,
	});
}

const GOODWILL = ["Poor call quality", "Call was cut off", "Wrong number or destination", "Price was not clear", "Other"];

export function goodwill(account, call, renew) {
	const { account_id: id, balance } = account;
	const left = call.goodwill_left ?? call.price;
	const reasonOf = ({ code, more }) => (more ? `${code}: ${more}` : code);
	act({
		title: "Goodwill for this call",
		lead: "Gives back all or part of what the call cost, once per call.",
		id: `goodwill:${id}:${call.call_key}`,
		fields: [{ name: "amount", label: "Amount", kind: "amount", places: 6, value: left, most: left, hint: `At most ${money(left)}` }, { name: "code", label: "Reason", kind: "choice", options: GOODWILL.map((one) => [one, one]) },
			{ name: "more", label: "Note", isOptional: true, hint: "Optional" }],
		summary: (values) => [["Call", `${call.event?.to ?? call.call_key}, ${moment(call.started_at)}`], ["The call cost", money(call.price)], ["Goodwill", money(values.amount)], ["Reason", reasonOf(values)], ["Balance after", after(balance.balance, micros(values.amount)), "result"]],
		button: ({ amount }) => `Give ${money(amount)}`,
		send: (values) => ({ path: apiPath(id, "calls", call.call_key, "goodwill"), body: { amount: values.amount, reason: reasonOf(values), started_at: call.started_at } }),
		done: ({ balance: now }, { amount }) => `${money(amount)} given for this call. The balance is ${money(now)}.`,
		after: renew,
	});
}

export function correct(account, call, renew) {
	act({
		title: "Correct the duration",
		lead: "The call is charged again with its true duration, at the price of its day.",
		id: `correct:${account.account_id}:${call.call_key}`,
		fields: [{ name: "duration_seconds", label: "True duration in seconds", kind: "number", value: String(call.event?.duration_seconds ?? ""), check: (typed) => (typed === String(call.event?.duration_seconds) ? "Enter another duration than the present one." : null) }, REASON],
		summary: (values) => [["Call", `${call.event?.to ?? call.call_key}, ${moment(call.started_at)}`], ["Duration now", duration(call.event?.duration_seconds ?? 0)], ["True duration", duration(values.duration_seconds)], ["Reason", values.reason],
			["Price now", money(call.price)], ["Price after", estimate(call, values.duration_seconds), "result"]],
		button: ({ duration_seconds: seconds }) => `Correct to ${duration(seconds)}`,
		send: (values) => ({ path: apiPath(account.account_id, "calls", call.call_key, "corrections"), body: { started_at: call.started_at, ...values } }),
		done: corrected,
		after: renew,
	});
}

/** The price of a corrected call by its own row, as the API calculates it: billed seconds by increments, then cents per minute. */
function estimate({ row, price, calculation }, seconds) {
	if (!row || row.minimum_seconds === null || row.increment_seconds === null || calculation?.exact === false) return `by its row of the price list; the charge of ${money(price)} is taken back`;
	const billed = seconds === 0 ? 0 : Math.max(row.minimum_seconds, Math.ceil(seconds / row.increment_seconds) * row.increment_seconds);
	const sixtieths = seconds === 0 ? 0n : BigInt(billed) * micros(row.rate_per_minute) + 60n * micros(row.connection_fee);
	const tenthousandths = (sixtieths + 3000n) / 6000n;
	return `about ${money(decimal(tenthousandths * 100n), { places: 4 })}`;
}

const corrected = ({ before, after: now, difference, balance }) => `The call cost ${money(before.price)} and now costs ${money(now.price)}. Difference ${money(difference, { signed: true })}; the balance is ${money(balance)}.`;

export function waive(account, call, renew) {
	act({
		title: "Waive the charge",
		lead: "The customer pays nothing for the call. It stays in the call list at $0.00.",
		id: `waive:${account.account_id}:${call.call_key}`,
		fields: [REASON],
		summary: (values) => [["Call", `${call.event?.to ?? call.call_key}, ${moment(call.started_at)}`], ["Charge taken back", money(call.price)], ["Reason", values.reason], ["Balance after", after(account.balance.balance, micros(call.price)), "result"]],
		button: () => `Waive ${money(call.price)}`,
		send: (values) => ({ path: apiPath(account.account_id, "calls", call.call_key, "corrections"), body: { started_at: call.started_at, waive: true, reason: values.reason } }),
		done: corrected,
		after: renew,
	});
}

/** What of a payment can still go back to its card: what Stripe received, else what it paid, less what went back. */
export function refundable(topUp) {
	const { status, reversed = "0.00", refunded = "0.00", stripe } = topUp;
	if (status !== "succeeded") return "0.00";
	const [paid, back] = stripe ? [micros(stripe.received), micros(stripe.refunded)] : [micros(paidFor(topUp)), micros(isTaxed(topUp) ? refunded : reversed)];
	return decimal(paid > back ? paid - back : 0n);
}

/** The credit that a refund takes back: its share of the payment, half up to the cent of all that went back. */
export function creditOf(topUp, amount) {
	const [paid, net] = [micros(paidFor(topUp)), micros(topUp.amount)];
	if (paid === net) return micros(amount);
	const before = micros(topUp.stripe ? topUp.stripe.refunded : topUp.refunded ?? "0.00");
	const share = (back) => (back >= paid ? net : ((2n * net * back + paid * 10_000n) / (2n * paid * 10_000n)) * 10_000n);
	return share(before + micros(amount)) - share(before);
}

export function refund(account, topUp, renew) {
	const { account_id: id, balance } = account;
	const most = refundable(topUp);
	act({
		title: "Refund a payment",
		lead: `Stripe sends the money back to ${cardText(topUp.payment_method)}. The credit is taken back here.`,
		id: `refund:${id}:${topUp.id}`,
		isDanger: true,
		fields: [{ name: "amount", label: "Amount", kind: "amount", value: most, most, hint: `At most ${money(most)}` }, REASON, { name: "override", label: "If less credit is available", kind: "choice", options: [["no", "Do not refund"], ["yes", "Refund anyway, below zero"]] },
			account.auto_recharge.enabled ? { name: "suspend_recharge", label: "Automatic recharge", kind: "choice", options: [["no", "Leave as it is"], ["yes", "Suspend"]] } : null].filter(Boolean),
		summary: (values) => [["Payment", `${money(paidFor(topUp))}, ${moment(topUp.created_at)}`], ["Back to", cardText(topUp.payment_method)], ["Refund", money(values.amount)], ["Reason", values.reason], ["Credit taken back", money(decimal(creditOf(topUp, values.amount)))],
			values.override === "yes" ? ["If less credit is available", "Refund anyway"] : null, values.suspend_recharge === "yes" ? ["Automatic recharge", "Suspended"] : null, ["Available after", after(balance.available, -creditOf(topUp, values.amount)), "result"]],
		button: ({ amount }) => `Refund ${money(amount)}`,
		send: (values) => ({ path: apiPath(id, "top-ups", topUp.id, "refunds"), body: { amount: values.amount, reason: values.reason, ...(values.override === "yes" && { override: true }), ...(values.suspend_recharge === "yes" && { suspend_recharge: true }) } }),
		done: ({ status }, { amount }) => (status === "failed" ? `The bank returned the refund of ${money(amount)}. The credit is back.` : status === "processing" ? `The refund of ${money(amount)} is under way. Its credit is held until Stripe confirms it.` : `${money(amount)} refunded. The bank shows it in 5 to 10 days.`),
		after: renew,
	});
}

/** Transfer credit. `from` is the account that gives, or null: then the form asks. */
export function transfer({ from = null }, renew) {
	const known = new Map(from ? [[from.account_id, from]] : []);
	const look = async (id, name) => {
		if (!known.has(id)) {
			known.set(id, await ask("GET", apiPath(id)).catch((problem) => {
				if (problem.status === 404 || problem.status === 422) throw Object.assign(new Problem(404, "unknown_account", "Unknown account", `${name} does not exist: ${id}.`), { field: name });
				throw problem;
			}));
		}
		return known.get(id);
	};
	const isId = (typed) => (/^[A-Za-z0-9][\w.:@+-]{0,63}$/.test(typed) ? null : "Enter an account id.");
	act({
		title: "Transfer credit",
		lead: "Moves available credit between two open accounts in one step.",
		id: `transfer:${from?.account_id ?? ""}`,
		fields: [{ name: "from_account_id", label: "From account", value: from?.account_id ?? "", check: isId }, { name: "to_account_id", label: "To account", check: isId }, { name: "amount", label: "Amount", kind: "amount" }, REASON],
		async summary({ from_account_id: giver, to_account_id: taker, amount, reason }) {
			if (giver === taker) throw Object.assign(new Problem(422, "same_account", "Same account", "to_account_id must be another account."), { field: "to_account_id" });
			const [one, other] = [await look(giver, "from_account_id"), await look(taker, "to_account_id")];
			if (micros(amount) > micros(one.balance.available)) throw Object.assign(new Problem(422, "insufficient_credit", "", `amount must be at most ${money(one.balance.available)}, the available credit.`), { field: "amount" });
			return [["From", whose(one)], ["To", whose(other)], ["Amount", money(amount)], ["Reason", reason], [`Available in ${giver} after`, after(one.balance.available, -micros(amount)), "result"], [`Available in ${taker} after`, after(other.balance.available, micros(amount)), "result"]];
		},
		button: ({ amount }) => `Transfer ${money(amount)}`,
		send: (values) => ({ path: "/operator/transfers", body: values }),
		done: ({ to_balance: now }, { amount, to_account_id: taker }) => `${money(amount)} transferred to ${taker}${now ? `, whose balance is ${money(now)}` : ""}.`,
		after: renew,
	});
}

const whose = ({ account_id: id, users, billing_emails: emails }) => h("span", id, h("span.hint.block", users[0]?.name ?? emails[0] ?? ""));
