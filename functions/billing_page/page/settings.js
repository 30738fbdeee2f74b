// The settings of this deployment.
import { micros, money } from "./format.js";

export const settings = JSON.parse(document.documentElement.dataset.settings);

/** The error message for an amount, or null. */
export function amountFault(amount) {
	if (amount === null) return "Enter an amount in dollars and cents, such as 25.00.";
	const isWithin = micros(amount) >= micros(settings.minimum) && micros(amount) <= micros(settings.maximum);
	return isWithin ? null : `Enter an amount from ${money(settings.minimum)} to ${money(settings.maximum)}.`;
}

export const bounds = () => `From ${money(settings.minimum)} to ${money(settings.maximum)}`;
