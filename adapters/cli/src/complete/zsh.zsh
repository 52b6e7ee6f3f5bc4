#compdef @PROGRAM@
# Completion of @PROGRAM@ for zsh: asks the program itself.
_@NAME@() {
    local -a candidates waiting
    candidates=("${(@f)$("${words[1]}" __complete zsh "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    candidates=("${(@)candidates:#}")
    if (( ${#candidates} == 0 )); then
        _files
        return
    fi
    # `--set http.port=` waits for its value.
    waiting=("${(@M)candidates:#*=(|:*)}")
    if (( ${#waiting} == ${#candidates} )); then
        _describe -o 'value' candidates -S ''
    else
        _describe -o 'value' candidates
    fi
}
if [ "${funcstack[1]}" = "_@NAME@" ]; then
    _@NAME@ "$@"
else
    compdef _@NAME@ @PROGRAM@
fi
