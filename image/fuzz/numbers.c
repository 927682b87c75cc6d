// SPDX-License-Identifier: Apache-2.0
/* Chooses a call: one that the kernel has, with arguments of its kinds, or any other number. */
#include "fuzz.h"

/* A letter for each argument (arguments.c). */
struct shape { uint32_t number; const char *kinds; };
static const struct shape shapes[] = {
  /* Files. */
  {3, "fpn"}, {4, "fpn"}, {5, "sii"}, {6, "f"}, {12, "s"}, {19, "fii"}, {33, "si"}, {41, "f"}, {54, "fip"},
  {63, "ff"}, {85, "spn"}, {133, "f"}, {140, "fiipi"}, {145, "fvi"}, {146, "fvi"}, {168, "Pii"},
  {180, "fpnzii"}, {181, "fpnzii"}, {183, "pn"}, {195, "sp"}, {196, "sp"}, {197, "fp"}, {217, "fpn"},
  {221, "fip"}, {141, "fpn"}, {142, "ipppt"}, {322, "fsii"}, {327, "fspi"}, {332, "fspn"}, {334, "fsii"},
  {335, "ippptp"}, {336, "PitMi"}, {413, "ipppTp"}, {414, "PiTMi"}, {358, "ffi"}, {397, "fsiip"},
  {439, "fsii"}, {187, "ffpn"}, {361, "fviii"}, {362, "fviii"}, {60, "i"},
  {5, "Com"}, {322, "fCom"}, {8, "Cm"}, {9, "CC"}, {10, "C"}, {14, "Cmi"}, {15, "Cm"}, {38, "CC"}, {39, "Cm"},
  {40, "C"}, {83, "CC"}, {92, "Cn"}, {93, "fn"}, {193, "Czni"}, {194, "fzni"}, {94, "fm"}, {352, "fizniz"},
  {348, "fCpi"}, {412, "fCpi"}, {391, "fpfpni"}, {323, "fCm"}, {328, "fCi"}, {330, "fCfCi"}, {331, "CfC"},
  {329, "fCfC"}, {382, "fCfCi"}, {385, "Ci"}, {436, "ffi"}, {221, "fxp"}, {221, "fyK"}, {221, "fyK"}, {54, "fkp"}, {54, "fkp"}, {143, "fi"},
  {118, "f"}, {148, "f"}, {269, "fznizni"}, {21, "sCHbU"}, {21, "sCHzU"}, {52, "Ci"}, {85, "Cpn"}, {195, "Cp"}, {266, "Cip"}, {267, "fip"}, {61, "C"},
  /* Pipes, events and waits. */
  {42, "p"}, {359, "po"}, {251, "fifE"}, {251, "fifE"}, {252, "fpii"}, {346, "fpiiMi"}, {441, "fpiTMi"}, {250, "i"},
  {357, "i"}, {356, "io"}, {351, "i"}, {350, "co"}, {353, "fiIp"}, {354, "fp"}, {411, "fiJp"}, {410, "fp"},
  {316, ""}, {360, "o"}, {317, "fCb"}, {317, "fCb"}, {318, "fi"}, {355, "fMnz"}, {349, "fMn"}, {434, "di"}, {424, "fgNz"}, {438, "ffz"}, {437, "fsOn"}, {437, "fCOn"}, {449, "WiiTc"}, {340, "fpfpnB"}, {340, "fzfznB"},
  {342, "ffnB"}, {343, "fviB"}, {281, "QYi"}, {288, "QYzp"}, {288, "QYzp"}, {289, "fpnB"}, {290, "fpnBpi"}, {291, "fpnB"},
  {292, "fpnBpp"}, {293, "fi"}, {294, "fQZpi"}, {295, "fQZpp"}, {296, "fGB"}, {296, "fGB"}, {297, "fGB"}, {297, "fGB"},
  {282, "fpi"}, {283, "fpi"}, {284, "fi"}, {285, "fpp"}, {286, "fpp"}, {287, "fpp"}, {366, "fppY"},
  /* Memory. */
  {45, "p"}, {91, "al"}, {125, "alr"}, {144, "ali"}, {150, "al"}, {151, "al"}, {152, "i"}, {153, ""},
  {163, "allia"}, {192, "alrFfi"}, {219, "alp"}, {220, "ali"}, {390, "ali"},
  /* Time. */
  {43, "p"}, {78, "pp"}, {79, "tt"}, {104, "iIp"}, {105, "ip"}, {124, "X"}, {162, "tp"}, {257, "cep"},
  {258, "iiIp"}, {259, "ip"}, {260, "i"}, {261, "i"}, {262, "ct"}, {263, "cp"}, {264, "cp"}, {265, "citp"},
  {372, "cX"}, {403, "cp"}, {404, "cT"}, {405, "cX"}, {406, "cp"}, {407, "ciTp"}, {408, "ip"}, {409, "iiJp"},
  /* Processes and threads. */
  {0, ""}, {2, ""}, {20, ""}, {37, "dg"}, {57, "dd"}, {64, ""}, {65, ""}, {66, ""}, {76, "ip"}, {191, "ip"},
  {75, "iL"}, {77, "ip"}, {114, "dpip"}, {116, "p"}, {120, "bpppp"}, {122, "p"}, {132, "d"}, {147, "d"},
  {154, "dp"}, {155, "dp"}, {156, "dip"}, {157, "d"}, {158, ""}, {159, "i"}, {160, "i"}, {161, "dp"},
  {172, "iipii"}, {190, ""}, {224, ""}, {238, "dg"}, {240, "wiitwi"}, {240, "wiitwi"}, {241, "dnp"},
  {242, "dnp"}, {256, "p"}, {268, "ddg"}, {280, "idpip"}, {338, "pn"}, {339, "dpp"}, {345, "ppp"}, {363, "ddgN"},
  {369, "diLp"}, {384, "pni"}, {422, "wiiTwi"}, {423, "dp"}, {376, "dviviz"}, {96, "id"}, {97, "idi"},
  {34, "i"}, {380, "dDz"}, {381, "dpni"}, {435, "Rn"}, {389, "iiz"},
  /* Signals. */
  {29, ""}, {174, "gApn"}, {174, "gApz"}, {175, "iMpn"}, {176, "pn"}, {177, "MptN"}, {178, "dgN"}, {179, "Mn"},
  {186, "Sp"}, {421, "MpTn"},
  /* ARM's own. */
  {0xf0002, "ppi"}, {0xf0005, "p"}, {0xf0006, ""},
};

/* Calls that end or replace the batch: only the sequences make them, in a process of their own. */
static int is_final(uint32_t number) {
  return number == 1 || number == 248 || number == 11 || number == 387 || number == 119 || number == 173;
}

/* Calls that would change init's limits or scheduling, and so cause false findings. */
static int is_about_init(uint32_t number, uint32_t target) {
  static const uint32_t numbers[] = {97, 154, 156, 241, 369, 376, 377};
  for (uint32_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (numbers[i] == number && (target == 1 || number == 97)) return 1;
  return 0;
}

/* Signals that end or stop the batch are rare. */
static int is_deadly(struct dice *dice, uint32_t number, const uint32_t *registers) {
  uint32_t signal = number == 268 || number == 363 ? registers[2] : registers[1];
  if (number != 37 && number != 238 && number != 268 && number != 178 && number != 363 && number != 424) return 0;
  return (signal == 9 || signal == 19 || signal == 20 || signal == 21 || signal == 22) && !one_in(dice, 30);
}

static uint32_t any_number(struct dice *dice) {
  static const uint32_t odd[] = {0xeffff, 0xf0000, 0xf0001, 0xf0003, 0xf0004, 0xf0006, 0xf0007, 0xf0800,
                                 0x7fffffff, 0x80000000, 0xffffffff, 0x900000, 0x10003, 0x7fff};
  switch (below(dice, 8)) {
  case 0: return PICK(dice, odd);
  case 1: return dice_next(dice);
  default: return below(dice, 470);
  }
}

void random_call(struct dice *dice, struct scratch *scratch) {
  uint32_t registers[8];
  for (int i = 0; i < 7; i++) registers[i] = any_value(dice, scratch);
  if (one_in(dice, 8)) {
    registers[7] = any_number(dice);
  } else {
    const struct shape *shape = &PICK(dice, shapes);
    registers[7] = shape->number;
    for (int i = 0; shape->kinds[i]; i++) registers[i] = argument(dice, scratch, shape->kinds[i]);
  }
  uint32_t number = registers[7];
  if (is_final(number) || is_about_init(number, registers[0]) || is_deadly(dice, number, registers)) return;
  count_call();
  raw_call(registers);
}
