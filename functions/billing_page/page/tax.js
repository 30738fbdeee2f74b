// The tax of a payment, calculated as the API does: half up to the cent of the credit.
import { account } from "./account.js";
import { decimal, micros, percent } from "./format.js";

const HALF_A_CENT = 500_000_000_000n; // In micros of dollars times micros of percent.

/** `{net, tax, total, percent}` of a payment that buys this credit; null without a known tax. */
export function withTax(net) {
	const rate = account.overview?.tax?.percent;
	if (!rate || net === null) return null;
	const tax = ((micros(net) * micros(rate) + HALF_A_CENT) / (2n * HALF_A_CENT)) * 10_000n;
	return { net, tax: decimal(tax), total: decimal(micros(net) + tax), percent: percent(rate) };
}

/** What a payment of this credit takes. */
export const totalOf = (net) => withTax(net)?.total ?? net;

/** Whether no payment can be made, because its tax cannot be calculated. */
export const isTaxMissing = () => account.overview?.tax?.reason === "tax_unavailable";

/** What the card pays for a payment or a charge of the API. */
export const paidFor = ({ total, amount }) => total ?? amount;
export const isTaxed = ({ tax }) => micros(tax ?? "0.00") !== 0n;
