// SPDX-License-Identifier: Apache-2.0
/* Exits with status 7: tools/run ends with the status of process 1. */
int main(void) { return 7; }
