// SPDX-License-Identifier: Apache-2.0
/* Ends with status 7: the status of process 1 is what tools/run ends with. */
int main(void) { return 7; }
