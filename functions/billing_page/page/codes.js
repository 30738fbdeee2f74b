// The words for the codes of the API. A code without words keeps what the API says.
import { cardName } from "./format.js";
import { translator } from "./words.js";
import codes from "messages/codes";
import reasons from "messages/reasons";

const [t, because] = [translator(codes), translator(reasons)];

/** Add the words of codes that only views on demand meet, or that the page never causes: the first visit is lighter without them. */
export const addCodes = (more) => Object.assign(codes, more);

export const problemWords = (code, detail) => (`problem_${code}` in codes ? t(`problem_${code}`) : detail);

/** Why a payment with this method failed. */
export const declineWords = ({ code, message }, method) => reasonOf("decline", code, method) ?? message;

/** Why a rule does not charge now. */
export function reasonWords({ reason, message, payment_method: method }) {
	const card = method && cardName(method);
	return reasonOf("suspension", reason, method, { card }) ?? (`reason_${reason}` in codes ? t(`reason_${reason}`, { card }) : message ?? "");
}

/** The sentence that mails use too; a bank account has other words for some codes than a card. */
function reasonOf(group, code, method, values) {
	const keys = [...(method?.brand === "us_bank_account" ? [`${group}_bank.${code}`] : []), `${group}.${code}`];
	const key = keys.find((one) => one in reasons);
	return key && because(key, values);
}
