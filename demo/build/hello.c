#include <stdio.h>

int main(void)
{
    return puts("hello from a program that was built in a sandbox") < 0;
}
