// What this deployment says of itself: addresses of the sign-in, who is an admin, bounds of a payment.
import { micros, money } from "./format.js";

export const settings = JSON.parse(document.documentElement.dataset.settings);

/** What is wrong with an amount somebody typed; null if one payment may be that much. */
export function amountFault(amount) {
	if (amount === null) return "Type an amount in dollars and cents, such as 25.00.";
	const isWithin = micros(amount) >= micros(settings.minimum) && micros(amount) <= micros(settings.maximum);
	return isWithin ? null : `An amount must lie between ${money(settings.minimum)} and ${money(settings.maximum)}.`;
}

export const bounds = () => `From ${money(settings.minimum)} to ${money(settings.maximum)}`;
