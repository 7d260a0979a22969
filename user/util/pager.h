/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Long text on a terminal goes to a pager. The command writes to a file without a name, and the
 * pager reads that when the command has ended: quitting it changes neither output nor exit status.
 */
#ifndef GRANTWATCH_PAGER_H
#define GRANTWATCH_PAGER_H

/*
 * Call before privileges are dropped. If standard output is a terminal and a pager is not disabled
 * by GRANTWATCH_PAGER or PAGER, redirects it.
 */
void pager__begin(void);

/*
 * Shows what was written since pager__begin(): text of more lines than the terminal by the pager,
 * other text as it is. Returns when the user has quit.
 */
void pager__end(void);

#endif
