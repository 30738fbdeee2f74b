// The words for the codes of the API. A code without words keeps what the API says.
import { translator } from "./words.js";
import codes from "messages/codes";

const t = translator(codes);

export const problemWords = (code, detail) => (`problem_${code}` in codes ? t(`problem_${code}`) : detail);

/** Why a payment failed; a bank account has other words for some codes than a card. */
export function declineWords({ code, message }, method) {
	if (method?.type === "us_bank_account" && `bankDecline_${code}` in codes) return t(`bankDecline_${code}`);
	return `decline_${code}` in codes ? t(`decline_${code}`) : message;
}

/** Why automatic recharge does not charge now; `card` is the rule's card. */
export const reasonWords = ({ reason, message }, card) => (`reason_${reason}` in codes ? t(`reason_${reason}`, { card }) : message ?? "");
