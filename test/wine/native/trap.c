/* Lies where it must not be started or loaded, and leaves a file when it is. Built as a program and as a DLL. */
#include <windows.h>

static void spring(void)
{
    CloseHandle(CreateFileA("C:\\trap-was-sprung", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
}

#ifdef DLL
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    if (reason == DLL_PROCESS_ATTACH) spring();
    return TRUE;
}
#else
int main(void)
{
    spring();
    return 0;
}
#endif
