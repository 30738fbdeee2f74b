// The views of lines and of the company that main.js loads on demand, by their addresses. Each gets the query of its address, and
// the user.
import { addCodes } from "./codes.js";
import { detailsPage } from "./details.js";
import { linesPage } from "./lines.js";
import more from "messages/more_codes";
import codes from "messages/company_codes";

addCodes({ ...more, ...codes });

export { promotionForm } from "./promotions.js";

export const places = {
	"#/lines": linesPage,
	"#/settings/billing": detailsPage,
};
