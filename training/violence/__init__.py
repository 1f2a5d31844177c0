"""How the violence network was learnt."""
