"""Where the wall's venues come from: a broker, the sessions of this machine, a demonstration."""
