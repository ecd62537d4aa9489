/* Prints what Windows shows of a file on the "Details" page of its properties. */
#include <stdio.h>
#include <windows.h>

int wmain(int argc, wchar_t **argv)
{
    static const wchar_t *names[] = {L"ProductName",      L"FileDescription", L"ProductVersion", L"FileVersion",
                                     L"OriginalFilename", L"InternalName",    L"CompanyName",    L"LegalCopyright"};
    static char data[65536];
    struct { WORD language, code_page; } *translation;
    UINT length;
    if (argc != 2 || !GetFileVersionInfoW(argv[1], 0, sizeof data, data)) return 1;
    if (!VerQueryValueW(data, L"\\VarFileInfo\\Translation", (void **)&translation, &length)) return 2;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        wchar_t path[100], *value;
        swprintf(path, 100, L"\\StringFileInfo\\%04x%04x\\%ls", translation->language, translation->code_page, names[i]);
        if (VerQueryValueW(data, path, (void **)&value, &length)) printf("%ls=%ls\n", names[i], value);
    }
    return 0;
}
