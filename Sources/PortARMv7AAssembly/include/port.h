#ifndef APUS_PORT_H
#define APUS_PORT_H
#endif
