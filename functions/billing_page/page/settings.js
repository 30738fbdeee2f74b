// The settings of this deployment.
import { decimalExample, micros, money } from "./format.js";
import { translator } from "./words.js";
import common from "messages/common";

const t = translator(common);

export const settings = JSON.parse(document.documentElement.dataset.settings);

/** The error message for an amount, or null. */
export function amountFault(amount) {
	if (amount === null) return t("amountForm", { example: decimalExample });
	const isWithin = micros(amount) >= micros(settings.minimum) && micros(amount) <= micros(settings.maximum);
	return isWithin ? null : t("amountBounds", { minimum: money(settings.minimum), maximum: money(settings.maximum) });
}

export const bounds = () => t("bounds", { minimum: money(settings.minimum), maximum: money(settings.maximum) });
