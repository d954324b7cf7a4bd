# Ports on loopback, for the scripts beside this file. Sourced, not run.

# Whether something listens on a port.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# So many different ports on which nothing listens.
free_ports() {
  local found=() port
  while [ ${#found[@]} -lt "$1" ]; do
    port=$((20000 + RANDOM % 12000))
    if ! answers "$port" && [[ " ${found[*]-} " != *" $port "* ]]; then found+=("$port"); fi
  done
  echo "${found[@]}"
}
