"""How the models were learnt: one folder a model. Needs the extra `train`; nothing imports this."""
